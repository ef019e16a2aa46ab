package passkeys

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// ceremony is a challenge that waits for its answer.
type ceremony struct {
	ChallengeHash string     `db:"challenge_hash"`
	Purpose       Purpose    `db:"purpose"`
	Holder        string     `db:"holder"`
	Data          string     `db:"data"`
	ExpiresAt     app.Millis `db:"expires_at"`
}

func insertCeremony(ctx context.Context, q db.Querier, c ceremony) error {
	_, err := q.Exec(ctx, `INSERT INTO passkey_ceremonies (challenge_hash, purpose, holder, data, expires_at) VALUES (?, ?, ?, ?, ?)`,
		c.ChallengeHash, c.Purpose, c.Holder, c.Data, c.ExpiresAt)
	return err
}

func readCeremony(ctx context.Context, q db.Querier, challengeHash string, p Purpose, holder string, now app.Millis) (ceremony, error) {
	var c ceremony
	err := q.Get(ctx, &c, `SELECT challenge_hash, purpose, holder, data, expires_at FROM passkey_ceremonies
		WHERE challenge_hash = ? AND purpose = ? AND holder = ? AND expires_at > ?`, challengeHash, p, holder, now)
	return c, err
}

func deleteCeremony(ctx context.Context, q db.Querier, challengeHash string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM passkey_ceremonies WHERE challenge_hash = ?`, challengeHash)
}

func deleteCeremonies(ctx context.Context, q db.Querier, now app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM passkey_ceremonies WHERE expires_at <= ?`, now)
	return err
}

const passkeyColumns = `id, user_id, slot, credential_hash, credential_id, public_key, name, transports,
	sign_count, backup_eligible, backed_up, cloned_at, created_at, last_used_at`

func insertPasskey(ctx context.Context, q db.Querier, k Passkey) error {
	_, err := q.Exec(ctx, `INSERT INTO passkeys (`+passkeyColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		k.ID, k.UserID, k.Slot, k.CredentialHash, k.CredentialID, k.PublicKey, k.Name, k.Transports,
		k.SignCount, k.BackupEligible, k.BackedUp, k.ClonedAt, k.CreatedAt, k.LastUsedAt)
	return err
}

func countCredential(ctx context.Context, q db.Querier, credentialHash string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM passkeys WHERE credential_hash = ?`, credentialHash)
	return n, err
}

func listPasskeys(ctx context.Context, q db.Querier, userID string) ([]Passkey, error) {
	var keys []Passkey
	err := q.Select(ctx, &keys, `SELECT `+passkeyColumns+` FROM passkeys WHERE user_id = ? ORDER BY id`, userID)
	return keys, err
}

func readPasskey(ctx context.Context, q db.Querier, userID, id string) (Passkey, error) {
	var k Passkey
	err := q.Get(ctx, &k, `SELECT `+passkeyColumns+` FROM passkeys WHERE id = ? AND user_id = ?`, id, userID)
	return k, err
}

func renamePasskey(ctx context.Context, q db.Querier, userID, id, name string) error {
	_, err := q.Exec(ctx, `UPDATE passkeys SET name = ? WHERE id = ? AND user_id = ?`, name, id, userID)
	return err
}

func deletePasskey(ctx context.Context, q db.Querier, userID, id string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM passkeys WHERE id = ? AND user_id = ?`, id, userID)
}

// markUsed takes a counter only if it has gone on, or the device does not count.
func markUsed(ctx context.Context, q db.Querier, id string, count int64, backedUp bool, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE passkeys SET sign_count = ?, backed_up = ?, last_used_at = ?
		WHERE id = ? AND cloned_at = 0 AND (sign_count < ? OR (sign_count = 0 AND ? = 0))`, count, backedUp, now, id, count, count)
}

func markCloned(ctx context.Context, q db.Querier, id string, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE passkeys SET cloned_at = ? WHERE id = ? AND cloned_at = 0`, now, id)
}
