package access

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

const listedColumns = `u.id, u.email, u.name, u.locale, u.state, u.must_change_password, u.password_changed_at,
	u.last_sign_in_at, u.created_at, u.updated_at, u.version`

func (f UserFilter) narrow(b *db.Build) {
	if f.State != "" {
		b.And(`u.state = ?`, f.State)
	}
	switch f.Role {
	case "":
	case InAnyMerchant:
		b.And(`EXISTS (SELECT 1 FROM role_bindings b WHERE b.user_id = u.id AND b.domain <> 'platform')`)
	case WithoutRoles:
		b.And(`NOT EXISTS (SELECT 1 FROM role_bindings b WHERE b.user_id = u.id)`)
	default:
		b.And(`EXISTS (SELECT 1 FROM role_bindings b WHERE b.user_id = u.id AND b.domain = 'platform' AND b.role_name = ?)`, string(f.Role))
	}
	if f.Merchant != "" {
		b.And(`EXISTS (SELECT 1 FROM role_bindings b WHERE b.user_id = u.id AND b.domain = ?)`, f.Merchant)
	}
}

// listUsers are the newest first.
func listUsers(ctx context.Context, q db.Querier, f UserFilter) ([]User, error) {
	b := db.NewBuild(`SELECT ` + listedColumns + ` FROM users u WHERE 1 = 1`)
	f.narrow(b)
	if f.Cursor != "" {
		b.And(`u.id < ?`, f.Cursor)
	}
	var users []User
	err := b.Tail(`ORDER BY u.id DESC LIMIT ?`, f.Limit).Select(ctx, q, &users)
	return users, err
}

// listHolders are those with a role, or any, in a domain, the newest first: a
// domain's holders are few, its users may be many.
func listHolders(ctx context.Context, q db.Querier, f UserFilter, domain string, r Role) ([]User, error) {
	b := db.NewBuild(`SELECT DISTINCT `+listedColumns+` FROM role_bindings h JOIN users u ON u.id = h.user_id WHERE h.domain = ?`, domain)
	if r != "" {
		b.And(`h.role_name = ?`, r)
	}
	f.narrow(b)
	if f.Cursor != "" {
		b.And(`u.id < ?`, f.Cursor)
	}
	var users []User
	err := b.Tail(`ORDER BY u.id DESC LIMIT ?`, f.Limit).Select(ctx, q, &users)
	return users, err
}

// listUserRange are those of a range after a user, in the order of its index.
func listUserRange(ctx context.Context, q db.Querier, f UserFilter, r userRange, after User) ([]User, error) {
	var users []User
	b := db.NewBuild(`SELECT ` + listedColumns + ` FROM users u WHERE 1 = 1`)
	f.narrow(b)
	if !r.byName {
		b.And(`u.email >= ?`, r.prefix).And(`u.email < ?`, r.end()).And(`u.email > ?`, after.Email)
		err := b.Tail(`ORDER BY u.email LIMIT ?`, f.Limit).Select(ctx, q, &users)
		return users, err
	}
	b.And(`u.name >= ?`, r.prefix).And(`u.name < ?`, r.end())
	if after.ID != "" {
		b.And(`u.name >= ?`, after.Name).And(`u.name > ? OR u.id > ?`, after.Name, after.ID)
	}
	err := b.Tail(`ORDER BY u.name, u.id LIMIT ?`, f.Limit).Select(ctx, q, &users)
	return users, err
}
