package access

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const sessionColumns = `id, user_id, stage, methods, ip, user_agent, created_at, authenticated_at, last_seen_at, expires_at`

func insertSession(ctx context.Context, q db.Querier, s Session, hash string) error {
	_, err := q.Exec(ctx, `INSERT INTO sessions (`+sessionColumns+`, token_hash, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
		s.ID, s.UserID, s.Stage, s.Methods, s.IP, s.UserAgent, s.CreatedAt, s.AuthenticatedAt, s.LastSeenAt, s.ExpiresAt, hash)
	return err
}

func readSession(ctx context.Context, q db.Querier, hash string, now, idleSince app.Millis) (Session, error) {
	var s Session
	err := q.Get(ctx, &s, `SELECT `+sessionColumns+` FROM sessions
		WHERE token_hash = ? AND revoked_at = 0 AND expires_at > ? AND last_seen_at > ?`, hash, now, idleSince)
	return s, err
}

func touchSession(ctx context.Context, q db.Querier, id string, now, unlessSince app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE sessions SET last_seen_at = ? WHERE id = ? AND last_seen_at <= ? AND revoked_at = 0`, now, id, unlessSince)
	return err
}

func rotateSession(ctx context.Context, q db.Querier, id, oldHash, hash string, stage Stage, methods Methods, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sessions SET token_hash = ?, stage = ?, methods = ?, authenticated_at = ?, last_seen_at = ?
		WHERE id = ? AND token_hash = ? AND revoked_at = 0 AND expires_at > ?`, hash, stage, methods, now, now, id, oldHash, now)
}

func listSessions(ctx context.Context, q db.Querier, userID string, now, idleSince app.Millis) ([]Session, error) {
	var list []Session
	err := q.Select(ctx, &list, `SELECT `+sessionColumns+` FROM sessions
		WHERE user_id = ? AND revoked_at = 0 AND expires_at > ? AND last_seen_at > ? ORDER BY id DESC LIMIT 100`, userID, now, idleSince)
	return list, err
}

func revokeSession(ctx context.Context, q db.Querier, userID, id string, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sessions SET revoked_at = ? WHERE id = ? AND user_id = ? AND revoked_at = 0`, now, id, userID)
}

func revokeSessions(ctx context.Context, q db.Querier, userID, except string, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE sessions SET revoked_at = ? WHERE user_id = ? AND revoked_at = 0 AND id <> ?`, now, userID, except)
	return err
}

func revokeByToken(ctx context.Context, q db.Querier, hash string, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE sessions SET revoked_at = ? WHERE token_hash = ? AND revoked_at = 0`, now, hash)
	return err
}

func deleteSessions(ctx context.Context, q db.Querier, before app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM sessions WHERE expires_at < ?`, before)
	return err
}
