package trade

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// ofFunds reports whether the fault is of the funds' bill alone.
func (f BillFault) ofFunds() bool { return f == FundsMissingRow || f == FundsAmount }

// wanting reports whether the plan's rows are still to be picked.
func (p BillPlan) wanting() bool {
	return p.Fault.OfRows() && p.Used == 0 && int64(len(p.Picked)) < p.Count
}

// late reports whether a planned fault keeps the bill from being ready, and uses
// a request up; what was found ready before stays so.
func (b *Bill) late(ctx context.Context) (bool, error) {
	if b.At != 0 {
		return false, nil
	}
	plans, err := selectBillFaults(ctx, b.service.db, b.Holder(), b.Day)
	for _, p := range plans {
		if p.Fault != NotReady || p.Used >= p.Count {
			continue
		}
		if n, err := updateBillUsed(ctx, b.service.db, p.ID); err != nil || n == 1 {
			return n == 1, err
		}
	}
	return false, err
}

// plansOf reads what is planned for the bills of the holder up to the bill's
// day, with the rows that each fault has by now.
func (b *Bill) plansOf(ctx context.Context) ([]BillPlan, error) {
	plans, err := selectPlannedBills(ctx, b.service.db, b.Holder(), b.Day)
	if err != nil {
		return nil, err
	}
	byDay := map[app.Day][]int{}
	for i, p := range plans {
		byDay[p.Day] = append(byDay[p.Day], i)
	}
	for day, at := range byDay {
		if !slices.ContainsFunc(at, func(i int) bool { return plans[i].wanting() }) {
			continue
		}
		of := make([]BillPlan, len(at))
		for i, j := range at {
			of[i] = plans[j]
		}
		if err := b.pick(ctx, day, of); err != nil {
			return nil, fmt.Errorf("pick the rows for the faults of %s: %w", day, err)
		}
		for i, j := range at {
			plans[j] = of[i]
		}
	}
	return plans, nil
}

// pick chooses the rows of a day for the plans that want some, and remembers
// them. Rows that come later are picked when they have come, so a row never
// changes from one download to the next; a day that is over is picked once.
func (b *Bill) pick(ctx context.Context, day app.Day, plans []BillPlan) error {
	now := b.service.clock.Now()
	truth := &Bill{BillQuery: b.BillQuery, Merchant: b.Merchant, service: b.service}
	truth.Day, truth.At = day, app.ToMillis(now)
	p := &picker{holder: b.Holder(), merchant: b.Merchant, plans: plans, before: make([]picks, len(plans))}
	for i := range plans {
		p.before[i] = slices.Clone(plans[i].Picked)
	}
	p.extra()
	err := truth.Rows(ctx, p.row)
	if err == nil || errors.Is(err, errPicked) {
		err = truth.Movements(ctx, p.movement)
	}
	if err != nil && !errors.Is(err, errPicked) {
		return err
	}
	return b.service.remember(ctx, p, !now.Before(day.End()))
}

// errPicked ends a reading when no plan wants more.
var errPicked = errors.New("every fault has its rows")

// picker gives rows to plans.
type picker struct {
	holder   string
	merchant Merchant
	plans    []BillPlan
	before   []picks
}

// wants lists the plans that want rows of the kind of bill.
func (p *picker) wants(funds bool) []*BillPlan {
	var wanting []*BillPlan
	for i := range p.plans {
		if plan := &p.plans[i]; plan.wanting() && plan.Fault.ofFunds() == funds {
			wanting = append(wanting, plan)
		}
	}
	return wanting
}

// taken reports whether any plan has the row.
func (p *picker) taken(key string) bool {
	return slices.ContainsFunc(p.plans, func(plan BillPlan) bool { return slices.Contains(plan.Picked, key) })
}

// extra gives their rows to the plans that make them up.
func (p *picker) extra() {
	for i := range p.plans {
		plan := &p.plans[i]
		if plan.Fault != ExtraRow {
			continue
		}
		for n := len(plan.Picked); plan.wanting(); n++ {
			r := extraRow(*plan, n, p.holder, p.merchant)
			plan.Picked = append(plan.Picked, r.key())
			plan.Effect += r.worth()
		}
	}
}

func (p *picker) row(r BillRow) error {
	wanting := p.wants(false)
	if len(wanting) == 0 {
		return errPicked
	}
	for _, plan := range wanting {
		c := change{}.with(*plan)
		if !c.possible(r) || !plan.takes(r.key(), p.taken, r.Kind == RowPayment, r.numbers()) {
			continue
		}
		plan.Picked = append(plan.Picked, r.key())
		if r.Trade.MerchantID == p.holder {
			plan.Effect += c.effect(r)
		}
	}
	return nil
}

func (p *picker) movement(m Movement) error {
	wanting := p.wants(true)
	if len(wanting) == 0 {
		return errPicked
	}
	if p.taken(m.rowKey()) {
		return nil // it is wrong already
	}
	for _, plan := range wanting {
		if plan.takes(m.key(), p.taken, m.Kind == MovePayment, m.numbers()) {
			plan.Picked = append(plan.Picked, m.key())
		}
	}
	return nil
}

// takes reports whether the plan wants the row of the key: the one it names, or
// else the day's next payment that no fault has.
func (p *BillPlan) takes(key string, taken func(string) bool, payment bool, numbers []string) bool {
	if p.Number != "" {
		return slices.Contains(numbers, p.Number)
	}
	return payment && !taken(key)
}

// numbers are what the row goes by: an order's payment by the order's numbers,
// its refunds by their own.
func (r BillRow) numbers() []string {
	if r.Kind == RowRefund {
		return []string{r.Refund.OutRefundNo, r.Refund.ChannelRefundNo}
	}
	return []string{r.Trade.OutTradeNo, r.Trade.ChannelTradeNo}
}

// rowKey is the key of the row to which the movement belongs, or its own.
func (m Movement) rowKey() string { return cmp.Or(m.Refund.ID, m.Trade.ID, m.Withdrawal.ID) }

// key names a movement among those of a day.
func (m Movement) key() string { return string(m.Kind) + ":" + m.rowKey() }

// numbers are what the movement goes by: its own, and its order's or refund's
// where it is their money and not the fee.
func (m Movement) numbers() []string {
	switch m.Kind {
	case MovePayment:
		return []string{m.FlowNo, m.Trade.OutTradeNo, m.Trade.ChannelTradeNo}
	case MoveRefund:
		return []string{m.FlowNo, m.Refund.OutRefundNo, m.Refund.ChannelRefundNo}
	}
	return []string{m.FlowNo}
}

// remember stores what was picked. Of two downloads at once the first decides.
func (s *Service) remember(ctx context.Context, p *picker, over bool) error {
	for i := range p.plans {
		plan := &p.plans[i]
		if !plan.Fault.OfRows() || plan.Used > 0 || !over && len(plan.Picked) == len(p.before[i]) {
			continue
		}
		if over {
			plan.Used = 1
		}
		n, err := updateBillPicks(ctx, s.db, *plan, p.before[i])
		if err != nil {
			return err
		}
		if n == 1 {
			continue
		}
		now, err := selectBillFault(ctx, s.db, plan.ID)
		switch {
		case errors.Is(err, db.ErrNoRows): // it was cancelled
			plan.Picked, plan.Effect = picks{}, 0
		case err != nil:
			return err
		default:
			*plan = now
		}
	}
	return nil
}
