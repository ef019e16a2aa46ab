package access

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const roleColumns = `id, merchant_id, name, permissions, created_at, updated_at, version`

type roleRow struct {
	ID          string     `db:"id"`
	MerchantID  string     `db:"merchant_id"`
	Name        string     `db:"name"`
	Permissions string     `db:"permissions"`
	CreatedAt   app.Millis `db:"created_at"`
	UpdatedAt   app.Millis `db:"updated_at"`
	Version     int64      `db:"version"`
}

// role reads a row. What no role can hold is left out, whoever wrote it there.
func (r roleRow) role() (CustomRole, error) {
	c := CustomRole{ID: r.ID, MerchantID: r.MerchantID, Name: r.Name, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: r.Version}
	var stored []string
	if err := json.Unmarshal([]byte(r.Permissions), &stored); err != nil {
		return c, fmt.Errorf("read the permissions of %s: %w", r.ID, err)
	}
	c.Rights = slices.DeleteFunc(RoleRights(), func(right Right) bool {
		return right != home() && !slices.Contains(stored, right.String())
	})
	return c, nil
}

func encodeRights(rights []Right) string {
	texts := make([]string, 0, len(rights))
	for _, r := range rights {
		texts = append(texts, r.String())
	}
	b, err := json.Marshal(texts)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

func insertRole(ctx context.Context, q db.Querier, c CustomRole, by string) error {
	_, err := q.Exec(ctx, `INSERT INTO custom_roles (id, merchant_id, name, permissions, created_by, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.MerchantID, c.Name, encodeRights(c.Rights), by, c.CreatedAt, c.UpdatedAt, c.Version)
	return err
}

func updateRole(ctx context.Context, q db.Querier, c CustomRole) (int64, error) {
	return q.Exec(ctx, `UPDATE custom_roles SET name = ?, permissions = ?, updated_at = ?, version = version + 1
		WHERE merchant_id = ? AND id = ? AND version = ?`, c.Name, encodeRights(c.Rights), c.UpdatedAt, c.MerchantID, c.ID, c.Version)
}

func deleteRole(ctx context.Context, q db.Querier, merchantID, id string) (int64, error) {
	return q.Exec(ctx, `DELETE FROM custom_roles WHERE merchant_id = ? AND id = ?`, merchantID, id)
}

func readRole(ctx context.Context, q db.Querier, merchantID, id string) (CustomRole, error) {
	var r roleRow
	if err := q.Get(ctx, &r, `SELECT `+roleColumns+` FROM custom_roles WHERE merchant_id = ? AND id = ?`, merchantID, id); err != nil {
		return CustomRole{}, err
	}
	return r.role()
}

func merchantRoles(ctx context.Context, q db.Querier, merchantID string) ([]CustomRole, error) {
	var rows []roleRow
	err := q.Select(ctx, &rows, `SELECT `+roleColumns+` FROM custom_roles WHERE merchant_id = ? ORDER BY name LIMIT 100`, merchantID)
	return allRoles(rows, err)
}

// everyRole is the policy's third part: what the merchants have made themselves.
func everyRole(ctx context.Context, q db.Querier) ([]CustomRole, error) {
	var rows []roleRow
	err := q.Select(ctx, &rows, `SELECT `+roleColumns+` FROM custom_roles`)
	return allRoles(rows, err)
}

func allRoles(rows []roleRow, err error) ([]CustomRole, error) {
	if err != nil {
		return nil, err
	}
	out := make([]CustomRole, 0, len(rows))
	for _, r := range rows {
		c, err := r.role()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func roleHolders(ctx context.Context, q db.Querier, domain string, r Role) ([]Binding, error) {
	var list []Binding
	err := q.Select(ctx, &list, `SELECT `+bindingColumns+` FROM role_bindings b WHERE b.domain = ? AND b.role_name = ? ORDER BY b.id LIMIT 1000`, domain, r)
	return list, err
}
