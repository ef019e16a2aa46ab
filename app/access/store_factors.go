package access

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

type totpRow struct {
	UserID     string     `db:"user_id"`
	Sealed     []byte     `db:"sealed_seed"`
	LastStep   int64      `db:"last_step"` // of the last code that was taken; none is taken twice
	CreatedAt  app.Millis `db:"created_at"`
	LastUsedAt app.Millis `db:"last_used_at"`
}

func insertTOTP(ctx context.Context, q db.Querier, r totpRow) error {
	_, err := q.Exec(ctx, `INSERT INTO totp_factors (user_id, sealed_seed, last_step, created_at, last_used_at) VALUES (?, ?, ?, ?, ?)`,
		r.UserID, r.Sealed, r.LastStep, r.CreatedAt, r.LastUsedAt)
	return err
}

func readTOTP(ctx context.Context, q db.Querier, userID string) (totpRow, error) {
	var r totpRow
	err := q.Get(ctx, &r, `SELECT user_id, sealed_seed, last_step, created_at, last_used_at FROM totp_factors WHERE user_id = ?`, userID)
	return r, err
}

// useStep takes a code's step, if no code of it or of a later one was taken.
func useStep(ctx context.Context, q db.Querier, userID string, step int64, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE totp_factors SET last_step = ?, last_used_at = ? WHERE user_id = ? AND last_step < ?`, step, now, userID, step)
}

func deleteTOTP(ctx context.Context, q db.Querier, userID string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM totp_factors WHERE user_id = ?`, userID)
}

func pageOfTOTP(ctx context.Context, q db.Querier, after string) ([]totpRow, error) {
	var list []totpRow
	err := q.Select(ctx, &list, `SELECT user_id, sealed_seed, last_step, created_at, last_used_at FROM totp_factors
		WHERE user_id > ? ORDER BY user_id LIMIT 100`, after)
	return list, err
}

func replaceSeed(ctx context.Context, q db.Querier, userID string, old, sealed []byte) (int64, error) {
	return q.Exec(ctx, `UPDATE totp_factors SET sealed_seed = ? WHERE user_id = ? AND sealed_seed = ?`, sealed, userID, old)
}

func countPasskeys(ctx context.Context, q db.Querier, userID string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM passkeys WHERE user_id = ? AND cloned_at = 0`, userID)
	return n, err
}

func countCopied(ctx context.Context, q db.Querier, userID string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM passkeys WHERE user_id = ? AND cloned_at > 0`, userID)
	return n, err
}

func insertRecoveryCode(ctx context.Context, q db.Querier, userID, hash string, now app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO recovery_codes (user_id, code_hash, used_at, created_at) VALUES (?, ?, 0, ?)`, userID, hash, now)
	return err
}

func useRecoveryCode(ctx context.Context, q db.Querier, userID, hash string, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE recovery_codes SET used_at = ? WHERE user_id = ? AND code_hash = ? AND used_at = 0`, now, userID, hash)
}

func countRecoveryCodes(ctx context.Context, q db.Querier, userID string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM recovery_codes WHERE user_id = ? AND used_at = 0`, userID)
	return n, err
}

func deleteRecoveryCodes(ctx context.Context, q db.Querier, userID string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM recovery_codes WHERE user_id = ?`, userID)
}

// countRuledRoles counts the roles that oblige their user to a second factor:
// those of domains with a rule, and those of the domain that is given.
func countRuledRoles(ctx context.Context, q db.Querier, userID, domain string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM role_bindings b LEFT JOIN second_factor_rules f ON f.domain = b.domain
		WHERE b.user_id = ? AND (b.domain = ? OR f.domain IS NOT NULL)`, userID, domain)
	return n, err
}

func insertFactorRule(ctx context.Context, q db.Querier, domain, by string, now app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO second_factor_rules (domain, created_by, created_at) VALUES (?, ?, ?)`, domain, by, now)
	return err
}

func deleteFactorRule(ctx context.Context, q db.Querier, domain string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM second_factor_rules WHERE domain = ?`, domain)
}

func countFactorRules(ctx context.Context, q db.Querier, domain string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM second_factor_rules WHERE domain = ?`, domain)
	return n, err
}

func seeDevice(ctx context.Context, q db.Querier, userID, hash string, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE user_devices SET last_seen_at = ? WHERE user_id = ? AND device_hash = ?`, now, userID, hash)
}

func insertDevice(ctx context.Context, q db.Querier, userID, hash string, now app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO user_devices (user_id, device_hash, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?)`, userID, hash, now, now)
	return err
}

func countDevices(ctx context.Context, q db.Querier, userID string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM user_devices WHERE user_id = ?`, userID)
	return n, err
}

func deleteDevices(ctx context.Context, q db.Querier, before app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM user_devices WHERE last_seen_at < ?`, before)
	return err
}

func deleteFactors(ctx context.Context, q db.Querier, userID string) error {
	if _, err := deleteTOTP(ctx, q, userID); err != nil {
		return err
	}
	_, err := deleteRecoveryCodes(ctx, q, userID)
	return err
}

func forgetDevices(ctx context.Context, q db.Querier, userID string) error {
	_, err := q.Exec(ctx, `DELETE FROM user_devices WHERE user_id = ?`, userID)
	return err
}

func deletePasskeys(ctx context.Context, q db.Querier, userID string) error {
	_, err := q.Exec(ctx, `DELETE FROM passkeys WHERE user_id = ?`, userID)
	return err
}
