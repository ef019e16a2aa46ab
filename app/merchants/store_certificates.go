package merchants

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// certificateRow is what is known of an account's certificates of one owner:
// when the last of them ends, what was told of that, and for the channel's how
// fetching them went.
type certificateRow struct {
	AccountID  string           `db:"account_id"`
	Owner      CertificateOwner `db:"owner"`
	ExpiresAt  app.Millis       `db:"expires_at"`
	ToldExpiry app.Millis       `db:"told_expiry"`
	ToldDays   int64            `db:"told_days"`
	Serials    string           `db:"serials"`
	TriedAt    app.Millis       `db:"tried_at"`
	FetchedAt  app.Millis       `db:"fetched_at"`
	StaleSince app.Millis       `db:"stale_since"`
	LastError  string           `db:"last_error"`
	Found      bool             `db:"found"`
}

const certificateSelect = `SELECT account_id, owner, expires_at, told_expiry, told_days, serials, tried_at, fetched_at, stale_since, last_error, 1 AS found
	FROM account_certificates`

func selectCertificates(ctx context.Context, q db.Querier, merchantID string, mode app.Mode) ([]certificateRow, error) {
	var rows []certificateRow
	err := q.Select(ctx, &rows, certificateSelect+` WHERE merchant_id = ? AND mode = ? ORDER BY account_id, owner`, merchantID, mode)
	return rows, err
}

// selectCertificate returns the row, an empty one where there is none yet.
func selectCertificate(ctx context.Context, q db.Querier, merchantID, accountID string, owner CertificateOwner) (certificateRow, error) {
	row := certificateRow{AccountID: accountID, Owner: owner}
	err := q.Get(ctx, &row, certificateSelect+` WHERE account_id = ? AND owner = ? AND merchant_id = ?`, accountID, owner, merchantID)
	if errors.Is(err, db.ErrNoRows) {
		return row, nil
	}
	return row, err
}

// storeCertificate writes after over before; false means that another server
// has written meanwhile.
func storeCertificate(ctx context.Context, tx *db.Tx, a Account, before, after certificateRow) (bool, error) {
	if !before.Found {
		_, err := tx.Exec(ctx, `INSERT INTO account_certificates (account_id, owner, merchant_id, mode, expires_at, told_expiry, told_days, serials,
		tried_at, fetched_at, stale_since, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.ID, after.Owner, a.MerchantID, a.Mode, after.ExpiresAt, after.ToldExpiry, after.ToldDays, after.Serials,
			after.TriedAt, after.FetchedAt, after.StaleSince, after.LastError)
		if db.IsDuplicate(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("note the certificates of %s: %w", a.ID, err)
		}
		return true, nil
	}
	n, err := tx.Exec(ctx, `UPDATE account_certificates SET expires_at = ?, told_expiry = ?, told_days = ?, serials = ?, tried_at = ?, fetched_at = ?,
		stale_since = ?, last_error = ? WHERE account_id = ? AND owner = ? AND merchant_id = ? AND told_expiry = ? AND told_days = ? AND tried_at = ?`,
		after.ExpiresAt, after.ToldExpiry, after.ToldDays, after.Serials, after.TriedAt, after.FetchedAt, after.StaleSince, after.LastError,
		a.ID, after.Owner, a.MerchantID, before.ToldExpiry, before.ToldDays, before.TriedAt)
	if err != nil {
		return false, fmt.Errorf("note the certificates of %s: %w", a.ID, err)
	}
	return n == 1, nil
}

func deleteCertificate(ctx context.Context, q db.Querier, merchantID, accountID string, owner CertificateOwner) error {
	_, err := q.Exec(ctx, `DELETE FROM account_certificates WHERE account_id = ? AND owner = ? AND merchant_id = ?`, accountID, owner, merchantID)
	return err
}
