package sso

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// attempt is somebody on the way to a provider and back.
type attempt struct {
	StateHash string     `db:"state_hash"`
	Provider  string     `db:"provider"`
	Purpose   Purpose    `db:"purpose"`
	Browser   string     `db:"browser"`
	UserID    string     `db:"user_id"`
	Next      string     `db:"next"`
	ExpiresAt app.Millis `db:"expires_at"`
}

func insertAttempt(ctx context.Context, q db.Querier, a attempt) error {
	_, err := q.Exec(ctx, `INSERT INTO sso_attempts (state_hash, provider, purpose, browser, user_id, next, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		a.StateHash, a.Provider, a.Purpose, a.Browser, a.UserID, a.Next, a.ExpiresAt)
	return err
}

func readAttempt(ctx context.Context, q db.Querier, stateHash, provider, browser string, now app.Millis) (attempt, error) {
	var a attempt
	err := q.Get(ctx, &a, `SELECT state_hash, provider, purpose, browser, user_id, next, expires_at FROM sso_attempts
		WHERE state_hash = ? AND provider = ? AND browser = ? AND expires_at > ?`, stateHash, provider, browser, now)
	return a, err
}

func deleteAttempt(ctx context.Context, q db.Querier, stateHash string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM sso_attempts WHERE state_hash = ?`, stateHash)
}

func deleteAttempts(ctx context.Context, q db.Querier, now app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM sso_attempts WHERE expires_at <= ?`, now)
	return err
}

const identityColumns = `id, user_id, issuer, subject, email, created_at, last_used_at`

func insertIdentity(ctx context.Context, q db.Querier, i Identity) error {
	_, err := q.Exec(ctx, `INSERT INTO user_identities (`+identityColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.UserID, i.Issuer, i.Subject, i.Email, i.CreatedAt, i.LastUsedAt)
	return err
}

func readIdentityOf(ctx context.Context, q db.Querier, issuer, subject string) (Identity, error) {
	var i Identity
	err := q.Get(ctx, &i, `SELECT `+identityColumns+` FROM user_identities WHERE issuer = ? AND subject = ?`, issuer, subject)
	return i, err
}

func readIdentity(ctx context.Context, q db.Querier, userID, id string) (Identity, error) {
	var i Identity
	err := q.Get(ctx, &i, `SELECT `+identityColumns+` FROM user_identities WHERE id = ? AND user_id = ?`, id, userID)
	return i, err
}

func listIdentities(ctx context.Context, q db.Querier, userID string) ([]Identity, error) {
	var list []Identity
	err := q.Select(ctx, &list, `SELECT `+identityColumns+` FROM user_identities WHERE user_id = ? ORDER BY id`, userID)
	return list, err
}

func markUsed(ctx context.Context, q db.Querier, id, email string, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE user_identities SET email = ?, last_used_at = ? WHERE id = ?`, email, now, id)
}

func deleteIdentity(ctx context.Context, q db.Querier, userID, id string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM user_identities WHERE id = ? AND user_id = ?`, id, userID)
}
