package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// NewPassword is what the password form sends.
type NewPassword struct {
	Session      access.Session // the one it was sent in
	Token        string         // that session's
	Current, New string
	IP           string
}

// ChangePassword sets the acting user's own password, ends their other sessions
// and returns this one's new token. Codes: Unauthenticated on field
// "current_password", Invalid on field "password", RateLimited, Forbidden.
func (s *Service) ChangePassword(ctx context.Context, p NewPassword) (string, error) {
	userID, err := actingUser(ctx)
	if err != nil {
		return "", err
	}
	if userID != p.Session.UserID {
		return "", forbidden()
	}
	if p.New == p.Current {
		return "", app.InvalidField("password", "unchanged", "the new password is the current one")
	}
	hash, err := s.confirmed(ctx, userID, p)
	if err != nil {
		return "", err
	}
	var token string
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.SetPassword(ctx, tx, userID, hash, false, p.Session.ID); err != nil {
			return err
		}
		var err error
		if token, err = s.access.Rotate(ctx, tx, p.Session, p.Token, access.StageActive, access.ByPassword); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "user.change_password", Target: userID})
	})
	if err != nil {
		return "", fmt.Errorf("change password of %s: %w", userID, err)
	}
	s.tellPassword(ctx, userID, "changed")
	return token, nil
}

// confirmed hashes the new password once the current one has proven right.
func (s *Service) confirmed(ctx context.Context, userID string, p NewPassword) (access.PasswordHash, error) {
	err := s.access.Reauthenticate(ctx, userID, p.Current, p.IP)
	if app.Is(err, app.Unauthenticated) {
		wrong := app.Errorf(app.Unauthenticated, "the current password is wrong").WithReason(access.ReasonWrongCredentials)
		wrong.Field = "current_password"
		return access.PasswordHash{}, wrong
	}
	if err != nil {
		return access.PasswordHash{}, s.withLock(ctx, userID, p.IP, err)
	}
	return s.access.HashPassword(ctx, p.New)
}

// UpdateProfile sets the acting user's own name and locale ("zh-CN", "en" or ""
// for the browser's). Codes: Invalid, Forbidden, Conflict ("changed_meanwhile").
func (s *Service) UpdateProfile(ctx context.Context, name, locale string) (access.User, error) {
	userID, err := actingUser(ctx)
	if err != nil {
		return access.User{}, err
	}
	return s.changeUser(ctx, userID, "user.update_profile", func(u *access.User) { u.Name, u.Locale = name, locale })
}

// RevokeOwnSession ends one of the acting user's sessions. NotFound, Forbidden.
func (s *Service) RevokeOwnSession(ctx context.Context, sessionID string) error {
	userID, err := actingUser(ctx)
	if err != nil {
		return err
	}
	return s.endSession(ctx, userID, sessionID)
}

// RevokeSession ends one of a user's sessions. It needs users:write on the
// platform. Codes: Forbidden, NotFound.
func (s *Service) RevokeSession(ctx context.Context, userID, sessionID string) error {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return err
	}
	return s.endSession(ctx, userID, sessionID)
}

func (s *Service) endSession(ctx context.Context, userID, sessionID string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.Revoke(ctx, tx, userID, sessionID); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "session.revoke", Target: userID,
			Before: map[string]string{"session_id": sessionID},
		})
	})
}

// RevokeOtherSessions ends all of the acting user's sessions but this one. Forbidden.
func (s *Service) RevokeOtherSessions(ctx context.Context, thisSessionID string) error {
	userID, err := actingUser(ctx)
	if err != nil {
		return err
	}
	return s.endSessions(ctx, userID, thisSessionID)
}

// RevokeSessions ends all of a user's sessions. It needs users:write on the
// platform. Codes: Forbidden, NotFound.
func (s *Service) RevokeSessions(ctx context.Context, userID string) error {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return err
	}
	if _, err := s.access.User(ctx, s.db, userID); err != nil {
		return err
	}
	return s.endSessions(ctx, userID, "")
}

func (s *Service) endSessions(ctx context.Context, userID, except string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.RevokeAll(ctx, tx, userID, except); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "session.revoke_all", Target: userID})
	})
}
