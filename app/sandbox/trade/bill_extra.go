package trade

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/piaohao/piaohao/app"
)

// extraRow makes the n-th row of a plan up: a payment that the holder's books
// do not have. It is the same whenever it is made.
func extraRow(p BillPlan, n int, holder string, m Merchant) BillRow {
	key := p.ID + "-" + strconv.Itoa(n+1)
	sum := sha256.Sum256([]byte("the extra row " + key))
	number := func(from, digits int) string {
		v := binary.BigEndian.Uint64(sum[from:])
		return fmt.Sprintf("%0*d", digits, v%pow10(digits))
	}
	start, span := app.ToMillis(p.Day.Start()), uint64(app.ToMillis(p.Day.End())-app.ToMillis(p.Day.Start()))
	if p.Day.Has(p.CreatedAt.Time()) {
		span = uint64(p.CreatedAt-start) + 1 // the day still goes on
	}
	at := start + app.Millis(binary.BigEndian.Uint64(sum[:])%span)/1000*1000
	amount := app.Money(1_00 + binary.BigEndian.Uint64(sum[8:])%900_00)
	if p.Delta != 0 {
		amount = app.Money(p.Delta)
	}
	day := p.Day.Compact()
	t := Trade{
		ID: key, Channel: p.Channel, MerchantID: holder, AppID: m.AppID, Amount: amount, State: Paid, Scanned: true,
		OutTradeNo: cmp.Or(p.Number, "POS"+day+number(16, 10)), Subject: "门店收款", TradeType: "NATIVE",
		ChannelTradeNo: "420000" + number(20, 4) + day + number(24, 10), PayerID: PayerOf(p.Channel, m.AppID),
		CreatedAt: at, ScannedAt: at, PaidAt: at,
	}
	if holder != m.ID {
		t.ProviderID = m.ID
	}
	if p.Channel == app.Alipay {
		t.TradeType, t.ChannelTradeNo = "FACE_TO_FACE_PAYMENT", day+"22001"+number(20, 15)
	}
	return BillRow{Kind: RowPayment, At: at, Trade: t, Amount: amount, Fee: m.FeeRate.Fee(amount), Rate: m.FeeRate}
}

func pow10(n int) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}

// extraRows are all rows that the plans make up, in the order of their times.
func extraRows(plans []BillPlan, holder string, m Merchant) []BillRow {
	var rows []BillRow
	for _, p := range plans {
		if p.Fault == ExtraRow {
			for n := range p.Picked {
				rows = append(rows, extraRow(p, n, holder, m))
			}
		}
	}
	slices.SortFunc(rows, func(a, b BillRow) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.key(), b.key()))
	})
	return rows
}
