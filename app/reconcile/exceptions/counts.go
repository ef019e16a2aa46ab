package exceptions

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// countCap bounds what is counted for a menu.
const countCap = 100

// Waiting tells how many exceptions of a scope nobody has ended: each count stops
// at 100.
type Waiting struct {
	Open     int // nothing is proposed
	Proposed int // a second person is to decide
	// Oldest is the earliest day that has one; "" for none.
	Oldest app.Day
}

// Waiting counts what stands.
func (s *Service) Waiting(ctx context.Context, scope Scope) (Waiting, error) {
	var w Waiting
	var oldest [2]app.Day
	var err error
	if w.Open, oldest[0], err = s.store.standing(ctx, s.DB, scope, Open); err != nil {
		return w, err
	}
	if w.Proposed, oldest[1], err = s.store.standing(ctx, s.DB, scope, Proposed); err != nil {
		return w, err
	}
	for _, day := range oldest {
		if day != "" && (w.Oldest == "" || day < w.Oldest) {
			w.Oldest = day
		}
	}
	return w, nil
}

// dayCap bounds how many exceptions of a day are summed.
const dayCap = 20_000

// DaySum sums the exceptions of one day, type, account and status.
type DaySum struct {
	IdentityID string    `db:"identity_id"`
	AccountID  string    `db:"account_id"`
	Type       Type      `db:"type"`
	Status     Status    `db:"status"`
	Count      int64     `db:"n"`
	Difference app.Money `db:"difference"` // signed
	Magnitude  app.Money `db:"magnitude"`  // without signs
}

// Day sums the exceptions of a day, read through q. It stops at 20,000 of them,
// and then says that it did.
func (s *Service) Day(ctx context.Context, q db.Querier, scope Scope, day app.Day) (sums []DaySum, capped bool, err error) {
	sums, err = s.store.daySums(ctx, q, scope, day)
	var n int64
	for _, sum := range sums {
		n += sum.Count
	}
	return sums, n >= dayCap, err
}

func (store) standing(ctx context.Context, q db.Querier, scope Scope, status Status) (int, app.Day, error) {
	var r struct {
		N      int     `db:"n"`
		Oldest app.Day `db:"oldest"`
	}
	err := q.Get(ctx, &r, `SELECT COUNT(*) AS n, COALESCE(MIN(day), '') AS oldest FROM (
 SELECT day FROM exceptions WHERE merchant_id = ? AND mode = ? AND status = ? ORDER BY day, id LIMIT ?) t`, scope.MerchantID, scope.Mode, status, countCap)
	if err != nil {
		return 0, "", fmt.Errorf("count exceptions: %w", err)
	}
	return r.N, r.Oldest, nil
}

func (store) daySums(ctx context.Context, q db.Querier, scope Scope, day app.Day) ([]DaySum, error) {
	var rows []DaySum
	err := q.Select(ctx, &rows, `SELECT identity_id, account_id, type, status, COUNT(*) AS n, SUM(difference) AS difference, SUM(ABS(difference)) AS magnitude FROM (
 SELECT identity_id, account_id, type, status, difference FROM exceptions WHERE merchant_id = ? AND mode = ? AND day = ? ORDER BY id LIMIT ?) t
 GROUP BY identity_id, account_id, type, status ORDER BY identity_id, account_id, type, status`, scope.MerchantID, scope.Mode, day, dayCap)
	if err != nil {
		return nil, fmt.Errorf("sum the exceptions of %s: %w", day, err)
	}
	return rows, nil
}
