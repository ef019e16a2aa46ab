package payments

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// narrow adds the conditions on columns, those of an index among them.
func (f Browse) narrow(b *db.Build) {
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	if f.Method != "" {
		b.And(`method = ?`, f.Method)
	}
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.AccountID != "" {
		b.And(`account_id = ?`, f.AccountID)
	}
	if f.Amounts.Min > 0 {
		b.And(`amount >= ?`, f.Amounts.Min)
	}
	if f.Amounts.Max > 0 {
		b.And(`amount <= ?`, f.Amounts.Max)
	}
}

// index is the one whose condition best adds.
func (f Browse) index() string {
	return paymentIndex(f.AccountID, string(f.Method), string(f.Status), string(f.Channel))
}

// paymentIndex is the index of payments that serves a filter best; each ends in
// the id.
func paymentIndex(accountID, method, status, channelName string) string {
	switch {
	case accountID != "":
		return "payments_account"
	case method != "":
		return "payments_method"
	case status != "":
		return "payments_status"
	case channelName != "":
		return "payments_channel"
	}
	return "payments_list"
}

// best adds the one condition that leaves the least, by the index that has it.
func (f Browse) best(b *db.Build) {
	switch {
	case f.AccountID != "":
		b.And(`account_id = ?`, f.AccountID)
	case f.Method != "":
		b.And(`method = ?`, f.Method)
	case f.Status != "":
		b.And(`status = ?`, f.Status)
	case f.Channel != "":
		b.And(`channel = ?`, f.Channel)
	}
}

// reach adds the range of times and what is behind the cursor.
func (f Browse) reach(b *db.Build) {
	if f.From != 0 {
		b.And(`id >= ?`, idFloor(app.PrefixPayment, f.From))
	}
	if f.To != 0 {
		b.And(`id < ?`, idFloor(app.PrefixPayment, f.To))
	}
	switch {
	case f.Cursor == "":
	case f.Oldest:
		b.And(`id > ?`, f.Cursor)
	default:
		b.And(`id < ?`, f.Cursor)
	}
}

// window is the next stretch of the index that serves the filter best; the inner
// SELECT reads that index alone.
func (store) window(ctx context.Context, q db.Querier, scope Scope, f Browse, n int) (window, error) {
	b := db.NewBuild(`SELECT COUNT(*) AS n, COALESCE(MIN(t.id), '') AS low, COALESCE(MAX(t.id), '') AS high
 FROM (SELECT id FROM payments WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By(f.index())
	f.best(b)
	f.reach(b)
	var rows []window
	var err error
	if f.Oldest {
		err = b.Tail(`ORDER BY id LIMIT ?) t`, n).Select(ctx, q, &rows)
	} else {
		err = b.Tail(`ORDER BY id DESC LIMIT ?) t`, n).Select(ctx, q, &rows)
	}
	if err != nil {
		return window{}, fmt.Errorf("look for payments: %w", err)
	}
	return rows[0], nil
}

// browse lists what the filter selects, within the window where there is one.
func (store) browse(ctx context.Context, q db.Querier, scope Scope, f Browse, w *window, limit int) ([]Payment, error) {
	b := db.NewBuild(`SELECT `+paymentColumns+` FROM payments WHERE merchant_id = ? AND mode = ?`, scope.MerchantID, scope.Mode)
	b.By(f.index())
	f.narrow(b)
	f.reach(b)
	var rows []Payment
	var err error
	switch {
	case w != nil:
		// Without an order to keep, MariaDB reads the range; with one it would come
		// from the end of the index and skip all that lies before.
		if err = b.And(`id >= ? AND id <= ?`, w.Low, w.High).Select(ctx, q, &rows); err == nil {
			rows = inOrder(rows, f.Oldest, limit)
		}
	case f.Oldest:
		err = b.Tail(`ORDER BY id LIMIT ?`, limit).Select(ctx, q, &rows)
	default:
		err = b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &rows)
	}
	if err != nil {
		return nil, fmt.Errorf("list payments: %w", err)
	}
	return rows, nil
}

func inOrder(rows []Payment, oldest bool, limit int) []Payment {
	slices.SortFunc(rows, func(a, b Payment) int {
		if oldest {
			return strings.Compare(a.ID, b.ID)
		}
		return strings.Compare(b.ID, a.ID)
	})
	return rows[:min(len(rows), limit)]
}

// sum sums what the filter selects within the window.
func (store) sum(ctx context.Context, q db.Querier, scope Scope, f Browse, w window) (Figures, error) {
	b := db.NewBuild(`SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END), 0) AS succeeded,
 COALESCE(SUM(CASE WHEN status = 'succeeded' THEN amount ELSE 0 END), 0) AS amount, COALESCE(SUM(amount_refunded), 0) AS refunded
 FROM payments WHERE merchant_id = ? AND mode = ? AND id >= ? AND id <= ?`, scope.MerchantID, scope.Mode, w.Low, w.High)
	b.By(f.index())
	f.narrow(b)
	var rows []Figures
	if err := b.Select(ctx, q, &rows); err != nil {
		return Figures{}, fmt.Errorf("sum payments: %w", err)
	}
	return rows[0], nil
}
