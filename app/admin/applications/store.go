package applications

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The platform's own list: an application has no merchant before it is approved.

const columns = `id, company, contact, email, note, locale, status, verified_at, reason, merchant_id, invitation_id, created_at, expires_at, decided_by, decided_name, decided_at, version`

func insert(ctx context.Context, q db.Querier, a Application, hash string) error {
	_, err := q.Exec(ctx, `INSERT INTO merchant_applications (`+columns+`, token_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Company, a.Contact, a.Email, a.Note, a.Locale, a.Status, a.VerifiedAt, a.Reason, a.MerchantID, a.InvitationID, a.CreatedAt, a.ExpiresAt,
		a.DecidedBy, a.DecidedName, a.DecidedAt, a.Version, hash)
	return err
}

func selectOne(ctx context.Context, q db.Querier, id string) (Application, error) {
	var a Application
	err := q.Get(ctx, &a, `SELECT `+columns+` FROM merchant_applications WHERE id = ?`, id)
	return a, err
}

func selectByToken(ctx context.Context, q db.Querier, hash string) (Application, error) {
	var a Application
	err := q.Get(ctx, &a, `SELECT `+columns+` FROM merchant_applications WHERE token_hash = ?`, hash)
	return a, err
}

func selectPage(ctx context.Context, q db.Querier, f Filter) ([]Application, error) {
	before := f.Before
	if before == "" {
		before = app.PrefixApplication + "~" // after every id
	}
	var list []Application
	err := q.Select(ctx, &list, `SELECT `+columns+` FROM merchant_applications WHERE status = ? AND id < ? ORDER BY id DESC LIMIT ?`, f.Status, before, f.Limit)
	return list, err
}

func countWaiting(ctx context.Context, q db.Querier) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM (SELECT id FROM merchant_applications WHERE status = 'waiting' LIMIT 100) t`)
	return n, err
}

func confirm(ctx context.Context, q db.Querier, a Application, at app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE merchant_applications SET status = 'waiting', verified_at = ?, version = version + 1 WHERE id = ? AND status = 'unverified'`, at, a.ID)
}

// decide settles a waiting application; 0 when another was first.
func decide(ctx context.Context, q db.Querier, a Application) (int64, error) {
	return q.Exec(ctx, `UPDATE merchant_applications SET status = ?, reason = ?, merchant_id = ?, invitation_id = ?, decided_by = ?, decided_name = ?, decided_at = ?, version = version + 1
		WHERE id = ? AND status = 'waiting'`, a.Status, a.Reason, a.MerchantID, a.InvitationID, a.DecidedBy, clip(a.DecidedName), a.DecidedAt, a.ID)
}

func deleteUnverified(ctx context.Context, q db.Querier, before app.Millis) (int64, error) {
	return q.Exec(ctx, `DELETE FROM merchant_applications WHERE status = 'unverified' AND expires_at <= ?`, before)
}

func clip(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 190)])
}
