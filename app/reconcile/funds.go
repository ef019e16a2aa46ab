package reconcile

import (
	"context"
	"slices"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// checkFunds reads the funds bill and holds it against itself, the trades and
// the day before.
func (e *execution) checkFunds(ctx context.Context, o *outcome, b *Bill, trades tradeSums) error {
	if b == nil {
		if o.result.FundsMissing == "" {
			o.findings = append(o.findings, movements(trades, channel.FundTotals{})...)
			o.fundsLacking = trades.Rows > 0
			o.result.Standing, _, o.result.HasStanding = e.leftBefore(o.base) // nothing moved
		}
		return nil
	}
	t, err := e.readFunds(ctx, b)
	if err != nil {
		return err
	}
	o.findings = append(o.findings, summaryFindings("summary:funds:", t.Differences())...)
	o.findings = append(o.findings, movements(trades, t)...)
	if !t.HasBalance {
		o.result.Standing, _, o.result.HasStanding = e.leftBefore(o.base)
		return nil
	}
	o.result.Standing, o.result.HasStanding = t.Closing, true
	o.result.HasBalance, o.result.Opening, o.result.Closing = true, t.Opening, t.Closing
	o.balance = &statements.Balance{Opening: t.Opening, Income: t.Income, Outgoing: t.Outgoing, Closing: t.Closing}
	if made := t.Opening + t.Movement(); made != t.Closing {
		o.findings = append(o.findings, balanceFinding("balance:movements", made, t.Closing, map[string]string{
			"opening": t.Opening.Yuan(), "movements": t.Movement().Yuan(), "closing": t.Closing.Yuan(), "first_break": strconv.Itoa(t.FirstBreak),
		}))
	}
	if before, day, ok := e.leftBefore(o.base); ok && before != t.Opening {
		o.findings = append(o.findings, balanceFinding("balance:opening", before, t.Opening, map[string]string{
			"opening": t.Opening.Yuan(), "closed": before.Yuan(), "closed_on": string(day),
		}))
	}
	return nil
}

func (e *execution) readFunds(ctx context.Context, b *Bill) (channel.FundTotals, error) {
	var t channel.FundTotals
	blob, err := e.Archive.Open(ctx, b.Key)
	if err != nil {
		return t, err
	}
	defer func() { _ = blob.Close() }()
	b.Lines = 0
	t, err = e.Channels.Reader(e.row.Channel).ReadFunds(e.source(b, blob), func(*channel.FundLine) error {
		b.Lines++
		return ctx.Err()
	})
	return t, e.keepRead(ctx, b, err)
}

// balanceFinding: ours is what the balance should be.
func balanceFinding(key string, ours, theirs app.Money, extra map[string]string) exceptions.Finding {
	return exceptions.Finding{
		Key: key, Type: exceptions.Balance, Ours: abs(ours), Channel: abs(theirs), Difference: ours - theirs, Evidence: exceptions.Evidence{Extra: extra},
	}
}

// tradeSums are what the trades bill says that moved the balance.
type tradeSums struct {
	channel.BillSums
	// roundedFee is the net of fees when each is rounded to fen for itself, as they
	// are booked.
	roundedFee app.Money
	// closed are the refunds that the channel took and closed, and the fees that it
	// gave back for them: they went out and came back, mostly on the same day.
	closed           app.Money
	closedFee        app.Millifen
	closedRoundedFee app.Money
	// back is what the channel gave back of its fees with refunds, and the same with
	// each rounded to fen for itself.
	back        app.Millifen
	roundedBack app.Money
}

// net reports whether refunds were booked less the fees given back with them, in
// one movement each, as WeChat's newer bills do ("退款总金额…;含手续费…"), and what
// was taken of payments by itself.
func (t tradeSums) net(funds channel.FundTotals) bool {
	refunds, fees := funds.ByKind[channel.FundRefund], funds.ByKind[channel.FundFee]
	for _, by := range []struct{ back, closedBack, taken app.Money }{
		{t.back.Round(), t.closedFee.Round(), (t.Fee + t.back).Round()},
		{t.roundedBack, t.closedRoundedFee, t.roundedFee + t.roundedBack},
	} {
		all := by.back - t.RefundedSettlement
		if fees == -by.taken && (refunds == all || refunds == all+t.closed-by.closedBack) {
			return true
		}
	}
	return false
}

// movements compares the parts of the trades with what the balance moved by:
// gross − refunds − fees = movement, each part for itself, so that two wrongs do
// not make a right. Refunds and fees may be booked apart or net.
func movements(trades tradeSums, funds channel.FundTotals) []exceptions.Finding {
	var out []exceptions.Finding
	net := trades.net(funds)
	for _, part := range []struct {
		kind  channel.FundKind
		moved app.Money   // by the trades, signed
		or    []app.Money // what it may be besides
	}{
		{channel.FundPayment, trades.Settlement, nil},
		{channel.FundRefund, -trades.RefundedSettlement, []app.Money{trades.closed - trades.RefundedSettlement}},
		{channel.FundFee, -trades.Fee.Round(), []app.Money{
			-trades.roundedFee, -(trades.Fee + trades.closedFee).Round(), -trades.roundedFee - trades.closedRoundedFee,
		}},
	} {
		booked := funds.ByKind[part.kind]
		if booked == part.moved || slices.Contains(part.or, booked) || net && part.kind != channel.FundPayment {
			continue
		}
		out = append(out, exceptions.Finding{
			Key: "funds:" + string(part.kind), Type: exceptions.Funds, Ours: abs(part.moved), Channel: abs(booked), Difference: part.moved - booked,
			Evidence: exceptions.Evidence{Extra: map[string]string{"part": string(part.kind), "trades": part.moved.Yuan(), "balance": booked.Yuan()}},
		})
	}
	return out
}
