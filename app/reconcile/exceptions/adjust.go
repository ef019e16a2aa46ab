package exceptions

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// AdjustmentKind is why an amount is booked.
type AdjustmentKind string

// The kinds. All but AdjustClaim stand on our books' side of a statement:
// ours + those = the channel's + claims, once every exception is resolved and
// none ignored.
const (
	AdjustBooks    AdjustmentKind = "books"     // our books follow the channel
	AdjustClaim    AdjustmentKind = "claim"     // to be had from the channel, or given to it
	AdjustWriteOff AdjustmentKind = "write_off" // a loss, or a gain
	AdjustRefund   AdjustmentKind = "refund"    // a surplus that goes back to the payer
	AdjustLink     AdjustmentKind = "link"      // explained by another payment
)

// AdjustmentKinds lists every kind.
var AdjustmentKinds = []AdjustmentKind{AdjustBooks, AdjustClaim, AdjustWriteOff, AdjustRefund, AdjustLink}

// AdjustmentSum is what is booked of one kind for an account and day, reversals
// included. Amount is signed, in fen, in the sense of money that the merchant
// should have.
type AdjustmentSum struct {
	IdentityID string         `db:"identity_id"`
	AccountID  string         `db:"account_id"` // "" where none could be told
	Day        app.Day        `db:"day"`
	Kind       AdjustmentKind `db:"kind"`
	Amount     app.Money      `db:"amount"`
}

// Adjustments sums what was booked for the days from..to, both included, by
// account, day and kind.
func (s *Service) Adjustments(ctx context.Context, q db.Querier, scope Scope, from, to app.Day) ([]AdjustmentSum, error) {
	return s.store.adjustments(ctx, q, scope, from, to)
}

// Adjustment is one amount that an exception's resolution booked.
type Adjustment struct {
	ExceptionID string         `db:"exception_id"`
	Version     int64          `db:"version"` // the exception's when it was booked
	MerchantID  string         `db:"merchant_id"`
	Mode        app.Mode       `db:"mode"`
	IdentityID  string         `db:"identity_id"`
	AccountID   string         `db:"account_id"`
	Day         app.Day        `db:"day"`
	Kind        AdjustmentKind `db:"kind"`
	Amount      app.Money      `db:"amount"`   // as in AdjustmentSum
	Reverses    int64          `db:"reverses"` // the version whose booking this undoes; 0 for none
	LinkedID    string         `db:"linked_payment_id"`
	ApprovalID  string         `db:"approval_id"`
	BookedAt    app.Millis     `db:"booked_at"`
}

const adjustmentColumns = `exception_id, version, merchant_id, mode, identity_id, account_id, day, kind, amount, reverses, linked_payment_id, approval_id, booked_at`

func (store) book(ctx context.Context, tx *db.Tx, all []Adjustment) error {
	rows := make([][]any, len(all))
	for i, a := range all {
		rows[i] = []any{
			a.ExceptionID, a.Version, a.MerchantID, a.Mode, a.IdentityID, a.AccountID, a.Day, a.Kind, a.Amount, a.Reverses, a.LinkedID,
			a.ApprovalID, a.BookedAt,
		}
	}
	err := db.InsertRows(ctx, tx, `INSERT INTO exception_adjustments (`+adjustmentColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rows)
	if err != nil {
		return fmt.Errorf("book adjustments: %w", err)
	}
	return nil
}

// booked returns what was booked for an exception, reversals included.
func (store) booked(ctx context.Context, q db.Querier, merchantID, id string) ([]Adjustment, error) {
	var rows []Adjustment
	err := q.Select(ctx, &rows, `SELECT `+adjustmentColumns+` FROM exception_adjustments WHERE exception_id = ? AND merchant_id = ? ORDER BY version, kind`, id, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read the adjustments of %s: %w", id, err)
	}
	return rows, nil
}

// reverse books the opposite of what stands booked for an exception, in the
// version that it is about to have.
func (s store) reverse(ctx context.Context, tx *db.Tx, e Exception, now app.Millis) error {
	booked, err := s.booked(ctx, tx, e.MerchantID, e.ID)
	if err != nil {
		return err
	}
	reversed := map[int64]bool{}
	for _, a := range booked {
		reversed[a.Reverses] = a.Reverses != 0
	}
	var undo []Adjustment
	for _, a := range booked {
		if a.Reverses != 0 || reversed[a.Version] {
			continue
		}
		a.Reverses, a.Version, a.Amount, a.BookedAt = a.Version, e.Version+1, -a.Amount, now
		undo = append(undo, a)
	}
	return s.book(ctx, tx, undo)
}

func (store) adjustments(ctx context.Context, q db.Querier, scope Scope, from, to app.Day) ([]AdjustmentSum, error) {
	var rows []AdjustmentSum
	err := q.Select(ctx, &rows, `SELECT identity_id, account_id, day, kind, SUM(amount) AS amount FROM exception_adjustments
 WHERE merchant_id = ? AND mode = ? AND day >= ? AND day <= ? GROUP BY identity_id, account_id, day, kind ORDER BY day, account_id, identity_id, kind`,
		scope.MerchantID, scope.Mode, from, to)
	if err != nil {
		return nil, fmt.Errorf("sum adjustments: %w", err)
	}
	return rows, nil
}
