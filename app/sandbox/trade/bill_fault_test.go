package trade_test

import (
	"context"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const billDay app.Day = "2026-11-22"

func (b *box) billFault(f trade.BillFault) trade.BillPlan {
	return trade.BillPlan{Channel: b.merchant.Channel, Account: b.merchant.ID, Day: billDay, Fault: f}
}

func TestABillFaultIsCheckedWhenPlanned(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		for name, c := range map[string]struct {
			change func(*trade.BillPlan)
			code   app.Code
			field  string
		}{
			"unknown channel":          {func(p *trade.BillPlan) { p.Channel = "paypal" }, app.Invalid, "channel"},
			"unknown fault":            {func(p *trade.BillPlan) { p.Fault = "explode" }, app.Invalid, "fault"},
			"not in Alipay's bills":    {func(p *trade.BillPlan) { p.Fault = trade.WrongStatus }, app.Invalid, "fault"},
			"no account":               {func(p *trade.BillPlan) { p.Account = "" }, app.Invalid, "account"},
			"unknown account":          {func(p *trade.BillPlan) { p.Account = "9021000000000000" }, app.NotFound, ""},
			"account at the other one": {func(p *trade.BillPlan) { p.Channel, p.Fault = app.WeChat, trade.WrongHash }, app.NotFound, ""},
			"account that is no ASCII": {func(p *trade.BillPlan) { p.Account = "商户" }, app.NotFound, ""},
			"no day":                   {func(p *trade.BillPlan) { p.Day = "" }, app.Invalid, "day"},
			"no such day":              {func(p *trade.BillPlan) { p.Day = "2026-02-30" }, app.Invalid, "day"},
			"too many rows":            {func(p *trade.BillPlan) { p.Count = 1001 }, app.Invalid, "count"},
			"fewer than none":          {func(p *trade.BillPlan) { p.Count = -1 }, app.Invalid, "count"},
			"one number for two rows":  {func(p *trade.BillPlan) { p.Number, p.Count = "a", 2 }, app.Invalid, "count"},
			"two files":                {func(p *trade.BillPlan) { p.Fault, p.Count = trade.WrongHash, 2 }, app.Invalid, "count"},
			"number of a file":         {func(p *trade.BillPlan) { p.Fault, p.Number = trade.WrongHash, "a" }, app.Invalid, "number"},
			"number with a comma":      {func(p *trade.BillPlan) { p.Number = "a,b" }, app.Invalid, "number"},
			"number too long":          {func(p *trade.BillPlan) { p.Number = strings.Repeat("a", 65) }, app.Invalid, "number"},
			"number that is no ASCII":  {func(p *trade.BillPlan) { p.Number = "单号" }, app.Invalid, "number"},
			"delta of no figure":       {func(p *trade.BillPlan) { p.Fault, p.Delta = trade.MissingRow, 1 }, app.Invalid, "delta"},
			"delta too large":          {func(p *trade.BillPlan) { p.Delta = int64(app.MaxAmount) + 1 }, app.Invalid, "delta"},
			"rate beyond all reason":   {func(p *trade.BillPlan) { p.Fault, p.Delta = trade.WrongRate, 500_001 }, app.Invalid, "delta"},
			"a row that costs less":    {func(p *trade.BillPlan) { p.Fault, p.Delta = trade.ExtraRow, -1 }, app.Invalid, "delta"},
		} {
			p := b.billFault(trade.WrongAmount)
			c.change(&p)
			if _, err := b.PlanBillFault(context.Background(), p); !app.Is(err, c.code) || fieldOf(err) != c.field {
				t.Errorf("%s: %v, want %s at %q", name, err, c.code, c.field)
			}
		}
		if plans, err := b.BillPlans(context.Background(), "", ""); err != nil || len(plans) != 0 {
			t.Errorf("planned: %v, %v", plans, err)
		}
	})
}

func TestBillFaultsAreListedAndCancelledByAccountAndDay(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		sub, err := b.OpenSubMerchant(ctx, app.Alipay, b.merchant.ID)
		if err != nil {
			t.Fatal(err)
		}
		plan := func(account string, day app.Day) trade.BillPlan {
			p := b.billFault(trade.MissingRow)
			p.Account, p.Day = account, day
			made, err := b.PlanBillFault(ctx, p)
			if err != nil || made.ID == "" || made.Count != 1 {
				t.Fatalf("plan: %+v, %v", made, err)
			}
			return made
		}
		count := func(account string, day app.Day) int {
			plans, err := b.BillPlans(ctx, account, day)
			if err != nil {
				t.Fatal(err)
			}
			return len(plans)
		}
		own, other := plan(b.merchant.ID, billDay), plan(b.merchant.ID, billDay.Next())
		plan(sub.ID, billDay)
		if all, mine, day := count("", ""), count(b.merchant.ID, ""), count("", billDay); all != 3 || mine != 2 || day != 2 {
			t.Errorf("%d planned, %d of the account, %d of the day", all, mine, day)
		}
		if err := b.CancelBillFault(ctx, other.ID); err != nil {
			t.Fatal(err)
		}
		if err := b.CancelBillFault(ctx, other.ID); !app.Is(err, app.NotFound) {
			t.Errorf("cancelled twice: %v", err)
		}
		if n, err := b.CancelBillFaults(ctx, sub.ID, billDay); err != nil || n != 1 {
			t.Errorf("cancelled %d of the sub-merchant's, %v", n, err)
		}
		plans, err := b.BillPlans(ctx, "", "")
		if err != nil || len(plans) != 1 || plans[0].ID != own.ID {
			t.Errorf("left %+v, %v", plans, err)
		}
		if n, err := b.CancelBillFaults(ctx, "", ""); err != nil || n != 1 {
			t.Errorf("cancelled %d, %v", n, err)
		}
	})
}
