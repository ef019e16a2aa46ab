package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app/db"
)

// RoleFilter selects users by what they hold: a platform role by its name, or one
// of these.
type RoleFilter string

// The choices besides the platform's roles.
const (
	InAnyMerchant RoleFilter = "merchant" // a role in some merchant
	WithoutRoles  RoleFilter = "none"     // none at all
)

// UserFilter selects users; Cursor is the last id of the page before. Limit is
// 1 to 100, 0 means 20.
type UserFilter struct {
	State UserState
	// Query is how a name or an email begins. A name's first letter may be given
	// small.
	Query string
	Role  RoleFilter
	// Merchant selects those with a role in it.
	Merchant string
	Cursor   string
	Limit    int
}

// Users returns a page of users and the next page's cursor: the newest first, or
// with a query those whose names begin so, by name, and then by email.
func (s *Service) Users(ctx context.Context, f UserFilter) ([]User, string, error) {
	if f.Limit <= 0 || f.Limit > 100 {
		f.Limit = 20
	}
	limit := f.Limit
	f.Limit++
	f.Query = strings.TrimSpace(f.Query)
	read := s.newestUsers
	if f.Query != "" {
		read = s.findUsers
	}
	users, err := read(ctx, f)
	if err != nil {
		return nil, "", fmt.Errorf("list users: %w", err)
	}
	if len(users) > limit {
		return users[:limit], users[limit-1].ID, nil
	}
	return users, "", nil
}

func (s *Service) newestUsers(ctx context.Context, f UserFilter) ([]User, error) {
	if f.Merchant != "" {
		return listHolders(ctx, s.db, f, f.Merchant, "")
	}
	switch f.Role {
	case "", InAnyMerchant, WithoutRoles:
		return listUsers(ctx, s.db, f)
	}
	return listHolders(ctx, s.db, f, Platform, Role(f.Role))
}

// ranges are the ways in which a query is looked for, in order: each walks one
// index from where the query begins to where it ends.
func (f UserFilter) ranges() []userRange {
	first, size := utf8.DecodeRuneInString(f.Query)
	capital := string(unicode.ToUpper(first)) + f.Query[size:]
	all := []userRange{{byName: true, prefix: f.Query}}
	if capital != f.Query {
		all = []userRange{{byName: true, prefix: capital}, {byName: true, prefix: f.Query}}
	}
	return append(all, userRange{prefix: strings.ToLower(f.Query)})
}

// userRange are the users whose name, or else whose email, begins with the prefix.
type userRange struct {
	byName bool
	prefix string
}

func (r userRange) has(u User) bool {
	if r.byName {
		return strings.HasPrefix(u.Name, r.prefix)
	}
	return strings.HasPrefix(u.Email, r.prefix)
}

// findUsers walks the ranges and leaves out who was found by one before.
func (s *Service) findUsers(ctx context.Context, f UserFilter) ([]User, error) {
	ranges := f.ranges()
	from, after, err := s.resume(ctx, f, ranges)
	if err != nil {
		return nil, err
	}
	var found []User
	for i := from; i < len(ranges) && len(found) < f.Limit; i++ {
		for len(found) < f.Limit {
			some, err := listUserRange(ctx, s.db, f, ranges[i], after)
			if err != nil {
				return nil, err
			}
			for _, u := range some {
				if !foundBefore(ranges[:i], u) && len(found) < f.Limit {
					found = append(found, u)
				}
			}
			if len(some) < f.Limit {
				break
			}
			after = some[len(some)-1]
		}
		after = User{}
	}
	return found, nil
}

func foundBefore(ranges []userRange, u User) bool {
	for _, r := range ranges {
		if r.has(u) {
			return true
		}
	}
	return false
}

// resume finds the range and the user after which a page goes on. A user who is
// gone, or is called otherwise now, begins the list anew.
func (s *Service) resume(ctx context.Context, f UserFilter, ranges []userRange) (int, User, error) {
	if f.Cursor == "" {
		return 0, User{}, nil
	}
	last, err := readUser(ctx, s.db, f.Cursor)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return 0, User{}, err
	}
	for i, r := range ranges {
		if err == nil && r.has(last) {
			return i, last, nil
		}
	}
	return 0, User{}, nil
}

// end is the least text above all that begin with the prefix.
func (r userRange) end() string {
	if r.byName {
		return r.prefix + string(unicode.MaxRune)
	}
	return r.prefix + "\x7f"
}
