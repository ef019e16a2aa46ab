package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Proof is given by somebody who is signed in, to show that it is still them.
type Proof struct {
	Session  access.Session // the one it is given in
	Token    string         // that session's
	Password string
	IP       string
}

// Confirm makes the acting user's session fresh and returns its new token.
// Codes: Unauthenticated (wrong_credentials), RateLimited, Forbidden.
func (s *Service) Confirm(ctx context.Context, p Proof) (string, error) {
	userID, err := actingUser(ctx)
	if err != nil {
		return "", err
	}
	if userID != p.Session.UserID {
		return "", forbidden()
	}
	if err := s.access.Reauthenticate(ctx, userID, p.Password, p.IP); err != nil {
		return "", err
	}
	var token string
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		if token, err = s.access.Rotate(ctx, tx, p.Session, p.Token, access.StageActive, access.ByPassword); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "session.confirm", Target: userID,
			After: map[string]string{"session_id": p.Session.ID, "method": string(access.ByPassword)},
		})
	})
	if err != nil {
		return "", fmt.Errorf("confirm session of %s: %w", userID, err)
	}
	return token, nil
}
