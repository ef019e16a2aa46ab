package wechat_test

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// wrong plans a fault of the day's bill.
func (b *box) wrong(t *testing.T, day app.Day, f trade.BillFault) {
	t.Helper()
	if _, err := b.trades.PlanBillFault(t.Context(), trade.BillPlan{Channel: app.WeChat, Account: b.merchant.ID, Day: day, Fault: f}); err != nil {
		t.Fatal(err)
	}
}

// fresh withdraws what was planned.
func (b *box) fresh(t *testing.T) {
	t.Helper()
	if _, err := b.trades.CancelBillFaults(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
}

func TestAFileCanBeWrongAsAWhole(t *testing.T) {
	b := one(t, trade.PublicKey)
	b.aDay(t)
	day := ofDay("2026-11-23")
	whole := b.bill(t, tradeBills, day)

	b.wrong(t, "2026-11-23", trade.TruncatedBill)
	cut := b.bill(t, tradeBills, day) // its hash is that of what there is
	if !strings.HasPrefix(whole, cut) || len(cut) != len(whole)/2 {
		t.Errorf("cut off: %d of %d bytes", len(cut), len(whole))
	}
	if again := b.bill(t, tradeBills, ofDay("2026-11-23", "tar_type", "GZIP")); again != cut {
		t.Error("packed, it is cut off elsewhere")
	}
	b.fresh(t)

	b.wrong(t, "2026-11-23", trade.WrongHash)
	a := b.apply(t, tradeBills, day)
	_, _, body, err := b.fetch(t, a.DownloadURL)
	if sum := sha1.Sum(body); err != nil || hex.EncodeToString(sum[:]) == a.HashValue || string(body) != whole {
		t.Errorf("the file is as ever and its hash is not: %v %x, announced %s", err, sum, a.HashValue)
	}
	b.fresh(t)

	b.wrong(t, "2026-11-23", trade.WrongSummary)
	if off := b.bill(t, tradeBills, day); !strings.HasSuffix(off, "`5.0,`1234.58,`1102.00,`0.00,`0.80000,`1234.58,`1102.00\r\n") {
		t.Errorf("the summary is off by a fen: %s", off)
	}
	b.fresh(t)

	b.wrong(t, "2026-11-23", trade.NotReady)
	if got := b.get(t, tradeBills, day); got.status != http.StatusBadRequest || got.Code != "STATEMENT_CREATING" {
		t.Errorf("not ready: %d %s", got.status, got.body)
	}
	if b.bill(t, tradeBills, day) != whole {
		t.Error("it is no longer the same file")
	}
}

// A payment that the channel says was taken back has both rows, and its money is
// gone again.
func TestAPaymentOfAnotherStateIsThereAndTakenBack(t *testing.T) {
	b := one(t, trade.PublicKey)
	b.clock.set(moment(t, "2026-11-23 12:00:00"))
	b.sold(t, "order-1", 100_00, trade.SubMerchant{})
	b.wrong(t, "2026-11-23", trade.WrongStatus)
	b.clock.set(moment(t, "2026-11-25 12:00:00"))
	text := b.bill(t, tradeBills, ofDay("2026-11-23"))
	lines := strings.Split(text, "\r\n")
	if len(lines) != 6 || !strings.Contains(lines[1], "`SUCCESS,`OTHERS,`CNY,`100.00,`0.00,`0,`0,`0.00") ||
		!strings.Contains(lines[2], "`REVOKED,`OTHERS,`CNY,`0.00,`0.00,`0,`0,`100.00") || lines[4] != "`2.0,`100.00,`100.00,`0.00,`0.00000,`100.00,`100.00" {
		t.Error(text)
	}
	funds := b.bill(t, fundBills, ofDay("2026-11-23"))
	lines = strings.Split(funds, "\r\n")
	if last := lines[len(lines)-4]; !strings.Contains(last, "`支出,`0.60,`0.00,") {
		t.Errorf("the balance does not end at 0: %s", funds)
	}
}

func TestFaultsOfTheAPIConcernTheApplicationForABill(t *testing.T) {
	b := one(t, trade.PublicKey)
	b.aDay(t)
	for fault, status := range map[trade.Fault]int{trade.HTTP500: 500, trade.RateLimit: 429} {
		for _, path := range []string{tradeBills, fundBills} {
			b.plan(t, fault, 1)
			if got := b.get(t, path, ofDay("2026-11-23")); got.status != status {
				t.Errorf("%s of %s: %d %s", fault, path, got.status, got.body)
			}
			b.plan(t, fault, 1)
			if _, err := b.trades.CancelFaults(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.bill(t, path, ofDay("2026-11-23"))
		}
	}
}
