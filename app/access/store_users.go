package access

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const userColumns = `id, email, name, locale, state, must_change_password, password_changed_at,
	last_sign_in_at, created_at, updated_at, version`

func insertUser(ctx context.Context, q db.Querier, u User, hash string) error {
	_, err := q.Exec(ctx, `INSERT INTO users (`+userColumns+`, password_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, u.Email, u.Name, u.Locale, u.State, u.MustChangePassword, u.PasswordChangedAt,
		u.LastSignInAt, u.CreatedAt, u.UpdatedAt, u.Version, hash)
	return err
}

func readUser(ctx context.Context, q db.Querier, id string) (User, error) {
	var u User
	err := q.Get(ctx, &u, `SELECT `+userColumns+` FROM users WHERE id = ?`, id)
	return u, err
}

// readUserByEmail is the only reader of the password hash.
func readUserByEmail(ctx context.Context, q db.Querier, email string) (User, string, error) {
	var row struct {
		User
		Hash string `db:"password_hash"`
	}
	err := q.Get(ctx, &row, `SELECT `+userColumns+`, password_hash FROM users WHERE email = ?`, email)
	return row.User, row.Hash, err
}

func updateUser(ctx context.Context, q db.Querier, u User) (int64, error) {
	return q.Exec(ctx, `UPDATE users SET email = ?, name = ?, locale = ?, state = ?, updated_at = ?, version = version + 1
		WHERE id = ? AND version = ?`, u.Email, u.Name, u.Locale, u.State, u.UpdatedAt, u.ID, u.Version)
}

func updatePassword(ctx context.Context, q db.Querier, id, hash string, mustChange bool, now app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE users SET password_hash = ?, must_change_password = ?, password_changed_at = ?, updated_at = ?, version = version + 1
		WHERE id = ?`, hash, mustChange, now, now, id)
}

func replaceHash(ctx context.Context, q db.Querier, id, old, hash string) error {
	_, err := q.Exec(ctx, `UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?`, hash, id, old)
	return err
}

func markSignIn(ctx context.Context, q db.Querier, id string, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE users SET last_sign_in_at = ? WHERE id = ?`, now, id)
	return err
}

func deleteUser(ctx context.Context, q db.Querier, id string) error {
	if _, err := q.Exec(ctx, `DELETE FROM role_bindings WHERE user_id = ?`, id); err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `DELETE FROM passkeys WHERE user_id = ?`, id); err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `DELETE FROM user_identities WHERE user_id = ?`, id); err != nil {
		return err
	}
	if _, err := q.Exec(ctx, `DELETE FROM user_places WHERE user_id = ?`, id); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `DELETE FROM users WHERE id = ?`, id)
	return err
}
