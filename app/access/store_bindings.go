package access

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app/db"
)

const bindingColumns = `b.id, b.user_id, b.role_name, b.domain, b.created_by, b.created_at`

// readVersion returns 0 before the first binding.
func readVersion(ctx context.Context, q db.Querier) (int64, error) {
	var version int64
	err := q.Get(ctx, &version, `SELECT version FROM access_versions WHERE name = 'bindings'`)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

func raiseVersion(ctx context.Context, q db.Querier) (int64, error) {
	return q.Exec(ctx, `UPDATE access_versions SET version = version + 1 WHERE name = 'bindings'`)
}

func startVersion(ctx context.Context, q db.Querier) error {
	_, err := q.Exec(ctx, `INSERT INTO access_versions (name, version) VALUES ('bindings', 0)`)
	return err
}

func insertBinding(ctx context.Context, q db.Querier, b Binding) error {
	_, err := q.Exec(ctx, `INSERT INTO role_bindings (id, user_id, role_name, domain, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		b.ID, b.UserID, b.Role, b.Domain, b.CreatedBy, b.CreatedAt)
	return err
}

func deleteBinding(ctx context.Context, q db.Querier, id string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM role_bindings WHERE id = ?`, id)
}

func readBinding(ctx context.Context, q db.Querier, userID string, r Role, domain string) (Binding, error) {
	var b Binding
	err := q.Get(ctx, &b, `SELECT `+bindingColumns+` FROM role_bindings b WHERE b.user_id = ? AND b.domain = ? AND b.role_name = ?`, userID, domain, r)
	return b, err
}

func userBindings(ctx context.Context, q db.Querier, userID string) ([]Binding, error) {
	var list []Binding
	err := q.Select(ctx, &list, `SELECT `+bindingColumns+` FROM role_bindings b WHERE b.user_id = ? ORDER BY b.domain, b.role_name`, userID)
	return list, err
}

// activeBindings is the whole policy's second half: who holds what, of those
// who may sign in.
func activeBindings(ctx context.Context, q db.Querier) ([]Binding, error) {
	var list []Binding
	err := q.Select(ctx, &list, `SELECT `+bindingColumns+` FROM role_bindings b JOIN users u ON u.id = b.user_id WHERE u.state = 'active'`)
	return list, err
}

func domainMembers(ctx context.Context, q db.Querier, domain string) ([]Member, error) {
	var list []Member
	err := q.Select(ctx, &list, `SELECT `+bindingColumns+`, u.email, u.name, u.state, u.last_sign_in_at
		FROM role_bindings b JOIN users u ON u.id = b.user_id WHERE b.domain = ? ORDER BY u.email, b.role_name LIMIT 1000`, domain)
	return list, err
}

func countHolders(ctx context.Context, q db.Querier, r Role, domain string) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM role_bindings b JOIN users u ON u.id = b.user_id
		WHERE b.domain = ? AND b.role_name = ? AND u.state = 'active'`, domain, r)
	return n, err
}
