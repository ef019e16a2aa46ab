package channeltest

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// testBillFaults: each of the sandbox's faults shows where it should, and a true
// bill comes back after it.
func testBillFaults(t *testing.T, d *tradingDay) {
	first, second := d.orders[0].Number, d.orders[2].Number
	plan := func(t *testing.T, fault string, more map[string]any) {
		t.Helper()
		p := map[string]any{"channel": d.Driver.Name(), "account": d.BillAccount, "day": d.day, "fault": fault}
		for field, value := range more {
			p[field] = value
		}
		d.CancelBillFaults(t)
		d.PlanBillFault(t, p)
	}
	defer d.CancelBillFaults(t)
	// lines are what the bill says of a number when a fault is planned for its row.
	lines := func(t *testing.T, fault, number string, more map[string]any) []channel.BillLine {
		t.Helper()
		p := map[string]any{"number": number}
		for field, value := range more {
			p[field] = value
		}
		plan(t, fault, p)
		by, totals, err := d.trades(t)
		if err != nil || totals.Differences() != nil {
			t.Fatalf("%v, differ by %+v", err, totals.Differences())
		}
		return by[number]
	}
	t.Run("rows", func(t *testing.T) {
		if got := lines(t, "missing_row", first, nil); len(got) != 0 {
			t.Errorf("missing: %+v", got)
		}
		if got := lines(t, "extra_row", "SHOP-7", map[string]any{"delta": 777}); len(got) != 1 || got[0].Amount != 777 {
			t.Errorf("extra: %+v", got)
		}
		if got := lines(t, "duplicate", second, nil); len(got) != 2 || got[0].Amount != got[1].Amount {
			t.Errorf("duplicate: %+v", got)
		}
	})
	t.Run("figures", func(t *testing.T) {
		if got := lines(t, "amount", first, map[string]any{"delta": 5}); len(got) != 1 || got[0].Amount != 10005 {
			t.Errorf("amount: %+v", got)
		}
		if got := lines(t, "fee", second, map[string]any{"delta": 7}); len(got) != 1 || got[0].Fee.Round() != app.Rate(6000).Fee(33333)+7 {
			t.Errorf("fee: %+v", got)
		}
		if got := lines(t, "rate", d.orders[1].Number, map[string]any{"delta": 1000}); len(got) != 1 || got[0].Fee.Round() != app.Rate(7000).Fee(25050) || (got[0].HasRate && got[0].Rate != 7000) {
			t.Errorf("rate: %+v", got)
		}
	})
	if d.Driver.Name() == app.WeChat {
		t.Run("status", func(t *testing.T) {
			got := lines(t, "status", d.refund.Number, nil)
			if len(got) != 1 || got[0].RefundState == channel.RefundSucceeded {
				t.Errorf("status: %+v", got)
			}
		})
	}
	t.Run("summary", func(t *testing.T) {
		plan(t, "wrong_summary", nil)
		if _, totals, err := d.trades(t); err != nil || len(totals.Differences()) == 0 {
			t.Errorf("%v, differ by %+v", err, totals.Differences())
		}
	})
	for fault, code := range map[string]string{"wrong_account": channel.BillNotOurs, "wrong_day": channel.BillWrongDay} {
		t.Run(fault, func(t *testing.T) {
			plan(t, fault, nil)
			_, _, err := d.trades(t)
			WantBroken(t, err, code, -1)
		})
	}
	t.Run("truncated", func(t *testing.T) {
		plan(t, "truncated", nil)
		if _, _, err := d.trades(t); !isBroken(err) && channel.KindOf(err) != channel.KindCorrupt {
			t.Errorf("%v, want a broken bill", err)
		}
	})
	t.Run("wrong_hash", func(t *testing.T) {
		plan(t, "wrong_hash", nil)
		_, _, err := d.trades(t)
		if d.Driver.Name() == app.Alipay { // which announces none: the zip's checksum tells
			WantBroken(t, err, channel.BillPacking, -1)
			return
		}
		wantKind(t, err, channel.KindCorrupt)
	})
	t.Run("not_ready", func(t *testing.T) {
		plan(t, "not_ready", nil)
		_, _, err := d.trades(t)
		wantKind(t, err, channel.KindNotReady)
		if _, _, err := d.trades(t); err != nil {
			t.Errorf("asked again: %v", err)
		}
	})
	t.Run("funds", func(t *testing.T) {
		if d.Driver.Name() == app.WeChat && d.SubIdentity != "" {
			return // has none
		}
		for _, fault := range []string{"funds_missing_row", "funds_amount"} {
			plan(t, fault, map[string]any{"number": second})
			_, f := d.funds(t)
			if f.Breaks == 0 || f.FirstBreak == 0 || f.Opening+f.Movement() == f.Closing {
				t.Errorf("%s: %+v", fault, f)
			}
		}
	})
	d.CancelBillFaults(t)
	t.Run("none", func(t *testing.T) { testTradesBill(t, d) })
}

func isBroken(err error) bool {
	_, ok := err.(*channel.BillError)
	return ok
}
