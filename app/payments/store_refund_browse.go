package payments

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// rest adds the conditions that no index serves.
func (f RefundBrowse) rest(b *db.Build) {
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.Source != "" {
		b.And(`source = ?`, f.Source)
	}
	if f.AccountID != "" {
		b.And(`account_id = ?`, f.AccountID)
	}
	if f.RequestedBy != "" {
		b.And(`requested_name = ?`, f.RequestedBy)
	}
	if f.Method != "" {
		b.And(`EXISTS (SELECT 1 FROM attempts a WHERE a.id = refunds.attempt_id AND a.method = ?)`, f.Method)
	}
	if f.Amounts.Min > 0 {
		b.And(`amount >= ?`, f.Amounts.Min)
	}
	if f.Amounts.Max > 0 {
		b.And(`amount <= ?`, f.Amounts.Max)
	}
}

// reach adds the conditions of an index, the range of times and what is behind
// the cursor.
func (f RefundBrowse) reach(b *db.Build) {
	if f.PaymentID != "" {
		b.And(`payment_id = ?`, f.PaymentID)
	}
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.From != 0 {
		b.And(`id >= ?`, idFloor(app.PrefixRefund, f.From))
	}
	if f.To != 0 {
		b.And(`id < ?`, idFloor(app.PrefixRefund, f.To))
	}
	switch {
	case f.Cursor == "":
	case f.Oldest:
		b.And(`id > ?`, f.Cursor)
	default:
		b.And(`id < ?`, f.Cursor)
	}
}

// refundIndex is the index of refunds that serves a filter best; each has the id
// behind its condition.
func refundIndex(paymentID string, status RefundStatus) string {
	switch {
	case paymentID != "":
		return "refunds_payment"
	case status != "":
		return "refunds_status"
	}
	return "refunds_totals"
}

// refundWindow is the next stretch of the index that serves the filter best. The
// inner SELECT names what only the index in the list's order covers: MariaDB would
// rather sort a narrower one.
func (store) refundWindow(ctx context.Context, q db.Querier, scope Scope, f RefundBrowse, n int) (window, error) {
	b := db.NewBuild(`SELECT COUNT(*) AS n, COALESCE(MIN(t.id), '') AS low, COALESCE(MAX(t.id), '') AS high
 FROM (SELECT id, status, amount FROM refunds WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	if f.Status != "" {
		b = db.NewBuild(`SELECT COUNT(*) AS n, COALESCE(MIN(t.id), '') AS low, COALESCE(MAX(t.id), '') AS high
 FROM (SELECT id FROM refunds WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	}
	b.By(refundIndex(f.PaymentID, f.Status))
	f.reach(b)
	var rows []window
	var err error
	if f.Oldest {
		err = b.Tail(`ORDER BY id LIMIT ?) t`, n).Select(ctx, q, &rows)
	} else {
		err = b.Tail(`ORDER BY id DESC LIMIT ?) t`, n).Select(ctx, q, &rows)
	}
	if err != nil {
		return window{}, fmt.Errorf("look for refunds: %w", err)
	}
	return rows[0], nil
}

// browseRefunds lists what the filter selects, within the window where there is
// one.
func (store) browseRefunds(ctx context.Context, q db.Querier, scope Scope, f RefundBrowse, w *window, limit int) ([]Refund, error) {
	b := db.NewBuild(`SELECT `+refundColumns+` FROM refunds WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By(refundIndex(f.PaymentID, f.Status))
	f.reach(b)
	f.rest(b)
	var rows []Refund
	var err error
	switch {
	case w != nil: // see browse
		if err = b.And(`id >= ? AND id <= ?`, w.Low, w.High).Select(ctx, q, &rows); err == nil {
			rows = refundsInOrder(rows, f.Oldest, limit)
		}
	case f.Oldest:
		err = b.Tail(`ORDER BY id LIMIT ?`, limit).Select(ctx, q, &rows)
	default:
		err = b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &rows)
	}
	if err != nil {
		return nil, fmt.Errorf("list refunds: %w", err)
	}
	return rows, nil
}

func refundsInOrder(rows []Refund, oldest bool, limit int) []Refund {
	slices.SortFunc(rows, func(a, b Refund) int {
		if oldest {
			return strings.Compare(a.ID, b.ID)
		}
		return strings.Compare(b.ID, a.ID)
	})
	return rows[:min(len(rows), limit)]
}

// sumRefunds sums what the filter selects within the window.
func (store) sumRefunds(ctx context.Context, q db.Querier, scope Scope, f RefundBrowse, w window) (RefundFigures, error) {
	b := db.NewBuild(`SELECT COUNT(*) AS n,
 COALESCE(SUM(CASE WHEN status IN ('failed', 'rejected') THEN 0 ELSE amount END), 0) AS amount,
 COALESCE(SUM(CASE WHEN status = 'succeeded' THEN amount ELSE 0 END), 0) AS succeeded
 FROM refunds WHERE merchant_id = ? AND mode = ? AND id >= ? AND id <= ?`, scope.MerchantID, scope.Mode, w.Low, w.High)
	b.By(refundIndex(f.PaymentID, f.Status))
	f.reach(b)
	f.rest(b)
	var rows []RefundFigures
	if err := b.Select(ctx, q, &rows); err != nil {
		return RefundFigures{}, fmt.Errorf("sum refunds: %w", err)
	}
	return rows[0], nil
}

func (store) refundsOfMany(ctx context.Context, q db.Querier, scope Scope, paymentIDs []string) ([]Refund, error) {
	var rows []Refund
	err := q.Select(ctx, &rows, `SELECT `+refundColumns+` FROM refunds WHERE payment_id IN (?) AND merchant_id = ? AND mode = ? ORDER BY payment_id, id`,
		paymentIDs, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, fmt.Errorf("read refunds of payments: %w", err)
	}
	return rows, nil
}

func (store) methodsOf(ctx context.Context, q db.Querier, scope Scope, attemptIDs []string) ([]Attempt, error) {
	var rows []Attempt
	err := q.Select(ctx, &rows, `SELECT id, method FROM attempts WHERE id IN (?) AND merchant_id = ? AND mode = ?`, attemptIDs, scope.MerchantID, scope.Mode)
	if err != nil {
		return nil, fmt.Errorf("read methods of attempts: %w", err)
	}
	return rows, nil
}
