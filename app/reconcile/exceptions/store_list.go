package exceptions

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// list reads a page, the newest day first. Every filter has an index that begins
// with it and goes on by day and id.
func (s store) list(ctx context.Context, q db.Querier, scope Scope, f query) ([]Exception, error) {
	if f.Standing && f.Status == "" && f.plain() {
		return s.bothStanding(ctx, q, scope, f)
	}
	b := db.NewBuild(`SELECT `+columns+` FROM exceptions WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	switch {
	case !f.plain():
	case f.Status != "":
		b.By("exceptions_status")
	default:
		b.By("exceptions_days")
	}
	narrow(b, f)
	var rows []row
	if err := b.Tail(`ORDER BY day DESC, id DESC LIMIT ?`, f.limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list exceptions: %w", err)
	}
	return exceptionsOf(rows)
}

// plain reports whether nothing narrows the list but states and days.
func (f query) plain() bool {
	return f.Type == "" && f.Channel == "" && f.AccountID == "" && f.RunID == "" && f.Owner == "" && f.ids == nil
}

// bothStanding lists both states of what stands open, each in the order of its index.
func (s store) bothStanding(ctx context.Context, q db.Querier, scope Scope, f query) ([]Exception, error) {
	var both []Exception
	f.Standing = false
	for _, status := range []Status{Open, Proposed} {
		f.Status = status
		list, err := s.list(ctx, q, scope, f)
		if err != nil {
			return nil, err
		}
		both = append(both, list...)
	}
	slices.SortFunc(both, func(a, b Exception) int { return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(b.ID, a.ID)) })
	return both[:min(len(both), f.limit)], nil
}

func narrow(b *db.Build, f query) {
	switch {
	case f.Status != "":
		b.And(`status = ?`, f.Status)
	case f.Standing:
		b.And(`status IN ('open', 'proposed')`)
	case f.Filed:
		b.And(`status IN ('open', 'proposed', 'resolved')`)
	}
	if f.Type != "" {
		b.And(`type = ?`, f.Type)
	}
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.AccountID != "" {
		b.And(`account_id = ?`, f.AccountID)
	}
	if f.RunID != "" {
		b.And(`run_id = ?`, f.RunID)
	}
	if f.Owner != "" {
		owner := f.Owner
		if owner == NoOwner {
			owner = ""
		}
		b.And(`owner_id = ?`, owner)
	}
	if f.From != "" {
		b.And(`day >= ?`, f.From)
	}
	if f.To != "" {
		b.And(`day <= ?`, f.To)
	}
	if f.ids != nil {
		b.And(`id IN (?)`, f.ids)
	}
	if f.afterID != "" {
		b.And(`day <= ? AND (day < ? OR id < ?)`, f.afterDay, f.afterDay, f.afterID)
	}
}

// numbered finds the exceptions that a number stands for, each kind of number by
// its own index.
func (store) numbered(ctx context.Context, q db.Querier, scope Scope, number string) ([]string, error) {
	m, mode := scope.MerchantID, scope.Mode
	var ids []string
	var err error
	if app.PlainASCII(number, 64) { // the columns of ids and order numbers take nothing else
		err = q.Select(ctx, &ids, `SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND number = ?
 UNION SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND order_no = ?
 UNION SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND channel_no = ?
 UNION SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND payment_id = ?
 UNION SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND refund_id = ?
 UNION SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND id = ? LIMIT ?`,
			m, mode, number, m, mode, number, m, mode, number, m, mode, number, m, mode, number, m, mode, number, maxNumbered)
	} else {
		err = q.Select(ctx, &ids, `SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND number = ?
 UNION SELECT id FROM exceptions WHERE merchant_id = ? AND mode = ? AND channel_no = ? LIMIT ?`,
			m, mode, number, m, mode, number, maxNumbered)
	}
	if err != nil {
		return nil, fmt.Errorf("look up a number: %w", err)
	}
	return ids, nil
}
