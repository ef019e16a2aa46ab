package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Grant is a role in a domain: a merchant's id, or access.Platform.
type Grant struct {
	Role   access.Role `json:"role"`
	Domain string      `json:"domain"`
}

// NewUser is what a user begins with.
type NewUser struct {
	Email, Name, Locale string
	// Password is generated when empty. Unless the program itself set it, its
	// user must change it at the first sign-in.
	Password string
	Grants   []Grant
}

// CreateUser adds a user with roles and returns the password to hand over; it is
// shown once. It needs users:write on the platform and the right to grant each
// role. The first administrator is created by the program (audit.System). Codes:
// Forbidden, Invalid, Conflict ("email_taken").
func (s *Service) CreateUser(ctx context.Context, n NewUser) (access.User, string, error) {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return access.User{}, "", err
	}
	return s.addUser(ctx, n)
}

func (s *Service) addUser(ctx context.Context, n NewUser) (access.User, string, error) {
	mustChange := n.Password == "" || audit.ActorFrom(ctx).Kind != audit.KindSystem
	if n.Password == "" {
		n.Password = access.NewPassword()
	}
	hash, err := s.access.HashPassword(ctx, n.Password)
	if err != nil {
		return access.User{}, "", err
	}
	var u access.User
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		// Every act here locks the bindings before the audit chain, so none
		// waits for another crosswise.
		err := s.access.LockBindings(ctx, tx)
		if err != nil {
			return err
		}
		u, err = s.access.CreateUser(ctx, tx, access.NewUser{
			Email: n.Email, Name: n.Name, Locale: n.Locale, Password: hash, MustChangePassword: mustChange,
		})
		if err != nil {
			return err
		}
		if err := s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "user.create", Target: u.ID, After: u}); err != nil {
			return err
		}
		for _, g := range n.Grants {
			if err := s.secondPerson(ctx, tx, g); err != nil {
				return err
			}
			if err := s.grant(ctx, tx, u, g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return access.User{}, "", fmt.Errorf("create user: %w", err)
	}
	return u, n.Password, nil
}

// UpdateUser sets a user's email, name and locale. It needs users:write on the
// platform. Codes: Forbidden, NotFound, Invalid, Conflict ("email_taken",
// "changed_meanwhile").
func (s *Service) UpdateUser(ctx context.Context, userID, email, name, locale string) (access.User, error) {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return access.User{}, err
	}
	return s.changeUser(ctx, userID, "user.update", func(u *access.User) { u.Email, u.Name, u.Locale = email, name, locale })
}

// DisableUser ends a user's sessions and rights, and keeps the account. It needs
// users:write on the platform. Codes: Forbidden, NotFound, Conflict
// ("last_holder": a domain would lose its last owner or administrator).
func (s *Service) DisableUser(ctx context.Context, userID string) (access.User, error) {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return access.User{}, err
	}
	return s.changeUser(ctx, userID, "user.disable", func(u *access.User) { u.State = access.Disabled })
}

// EnableUser gives a disabled user their rights back. Codes: Forbidden, NotFound.
func (s *Service) EnableUser(ctx context.Context, userID string) (access.User, error) {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return access.User{}, err
	}
	return s.changeUser(ctx, userID, "user.enable", func(u *access.User) { u.State = access.Active })
}

// changeUser reads the user, applies change and stores it with its audit row.
// It holds the bindings' lock, so that no other change takes a domain's last
// but one holder meanwhile.
func (s *Service) changeUser(ctx context.Context, userID, action string, change func(*access.User)) (access.User, error) {
	var after access.User
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		before, err := s.access.User(ctx, tx, userID)
		if err != nil {
			return err
		}
		after = before
		change(&after)
		if after, err = s.access.UpdateUser(ctx, tx, after); err != nil {
			return err
		}
		if before.State == access.Active && after.State != access.Active {
			if err := s.keepsHolders(ctx, tx, userID); err != nil {
				return err
			}
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: action, Target: userID, Before: before, After: after})
	})
	if err != nil {
		return access.User{}, fmt.Errorf("%s %s: %w", action, userID, err)
	}
	return after, nil
}

// ResetPassword gives a user a random password, ends their sessions and returns
// it, to be shown once; they must change it. It needs users:write on the
// platform. Codes: Forbidden, NotFound.
func (s *Service) ResetPassword(ctx context.Context, userID string) (string, error) {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return "", err
	}
	password := access.NewPassword()
	hash, err := s.access.HashPassword(ctx, password)
	if err != nil {
		return "", err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.SetPassword(ctx, tx, userID, hash, true, ""); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "user.reset_password", Target: userID})
	})
	if err != nil {
		return "", fmt.Errorf("reset password of %s: %w", userID, err)
	}
	s.tellPassword(ctx, userID, "reset")
	return password, nil
}

// DeleteUser removes a user with their roles and sessions; audit rows keep the
// name. It needs users:write on the platform. Codes: Forbidden, NotFound,
// Conflict ("last_holder").
func (s *Service) DeleteUser(ctx context.Context, userID string) error {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		u, err := s.access.User(ctx, tx, userID)
		if err != nil {
			return err
		}
		held, err := s.access.Bindings(ctx, tx, userID)
		if err != nil {
			return err
		}
		if err := s.access.DeleteUser(ctx, tx, userID); err != nil {
			return err
		}
		if u.State == access.Active {
			if err := s.holdersRemain(ctx, tx, held); err != nil {
				return err
			}
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "user.delete", Target: userID,
			Before: map[string]any{"user": u, "roles": held},
		})
	})
	if err != nil {
		return fmt.Errorf("delete user %s: %w", userID, err)
	}
	return nil
}
