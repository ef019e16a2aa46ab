package match

import "github.com/piaohao/piaohao/app"

// judgeFee compares the line's fee with what was contracted and with its own
// rate, and notes what it should have been.
//
// A payment's fee is rate times settlement, rounded to the fen per transaction;
// the unrounded product, to the five decimals that bills write, is the same fee.
// A refund gives back its share of it. The channel may round the shares of
// several refunds of one payment so that they add up, which moves a single one
// by less than a fen: that much is tolerated.
func judgeFee(i *Item) {
	l, r := i.Line, i.Record
	rate, known := l.Rate, l.HasRate
	if r.HasContractRate {
		if known && rate != r.ContractRate {
			i.Why.add(OtherRate)
		}
		i.Fee, i.HasFee = r.ContractRate.Fee(l.Settlement).Millifen(), true
	} else if known {
		i.Fee, i.HasFee = rate.Fee(l.Settlement).Millifen(), true
	}
	if !known {
		rate = r.ContractRate
	}
	if !i.HasFee {
		return
	}
	fits := paymentFeeFits
	if l.isRefund() {
		fits = refundFeeFits
	}
	if !fits(rate, l.Settlement, l.Fee) {
		i.Why.add(WrongFee)
	}
}

// product is rate times m in thousandths of a millifen, exact.
func product(rate app.Rate, m app.Money) int64 { return int64(rate) * int64(m) }

func paymentFeeFits(rate app.Rate, settlement app.Money, fee app.Millifen) bool {
	return fee == rate.Fee(settlement).Millifen() || fee == app.Millifen((product(rate, settlement)+500)/1000)
}

func refundFeeFits(rate app.Rate, settlement app.Money, fee app.Millifen) bool {
	const fen = 1000 * 1000
	off := int64(fee)*1000 - product(rate, settlement)
	return -fen <= off && off <= fen
}
