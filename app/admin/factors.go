package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Code is a second factor's, given in a session: of the authenticator app, or a
// recovery code.
type Code struct {
	Session access.Session
	Token   string // that session's
	Code    string
	IP      string
	Device  string // see Credentials
}

// PassSecondFactor completes a sign-in and returns the session's new token; the
// acting user is whose session waits. Codes: as access.CheckCode, Forbidden.
func (s *Service) PassSecondFactor(ctx context.Context, c Code) (string, error) {
	userID, err := ownSession(ctx, c.Session)
	if err != nil {
		return "", err
	}
	method, err := s.checkCode(ctx, userID, c)
	if err != nil {
		return "", err
	}
	return s.CompleteSignIn(ctx, c.Session, c.Token, c.Device, method)
}

// CompleteSignIn makes the session that waits for its second factor an active
// one, by a method that the caller has checked, and returns its new token.
func (s *Service) CompleteSignIn(ctx context.Context, session access.Session, token, device string, by access.Method) (string, error) {
	var fresh string
	var known bool
	u, err := s.access.User(ctx, s.db, session.UserID)
	if err != nil {
		return "", err
	}
	session.Methods = session.Methods.With(by)
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		var err error
		if fresh, err = s.access.Rotate(ctx, tx, session, token, access.StageActive); err != nil {
			return err
		}
		known, err = s.opened(ctx, tx, u, session, device)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("complete sign-in of %s: %w", u.ID, err)
	}
	if !known {
		s.tellNewDevice(ctx, u, session)
	}
	return fresh, nil
}

// checkCode is access.CheckCode, with a lock and the use of a recovery code
// recorded.
func (s *Service) checkCode(ctx context.Context, userID string, c Code) (access.Method, error) {
	method, err := s.access.CheckCode(ctx, userID, c.Code, c.IP)
	if err != nil {
		return "", s.withLock(ctx, userID, c.IP, err)
	}
	if method != access.ByRecovery {
		return method, nil
	}
	f, err := s.access.Factors(ctx, s.db, userID)
	if err != nil {
		return "", err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "factor.recovery_use", Target: userID, After: map[string]int{"codes_left": f.Recovery},
		})
	})
	return method, err
}

// ownSession is for what people do in a session of their own. Code: Forbidden.
func ownSession(ctx context.Context, session access.Session) (string, error) {
	userID, err := actingUser(ctx)
	if err == nil && userID != session.UserID {
		err = forbidden()
	}
	return userID, err
}

// Enrolment is what the page of a new authenticator app sends.
type Enrolment struct {
	Session access.Session
	Token   string
	Seed    string // sealed, as access.NewSeed gave it
	Code    string
}

// EnrolTOTP makes the app the acting user's, in place of any other, and returns
// the session's new token. Their other sessions end. Whoever has no recovery
// codes gets some, to be shown once. Codes: Invalid ("seed", "code"), Forbidden.
func (s *Service) EnrolTOTP(ctx context.Context, e Enrolment) (token string, codes []string, err error) {
	userID, err := ownSession(ctx, e.Session)
	if err != nil {
		return "", nil, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		before, err := s.access.Factors(ctx, tx, userID)
		if err != nil {
			return err
		}
		if err := s.access.EnrolTOTP(ctx, tx, userID, e.Seed, e.Code); err != nil {
			return err
		}
		if token, err = s.ProveFactor(ctx, tx, e.Session, e.Token, access.ByTOTP); err != nil {
			return err
		}
		codes = nil
		if before.Recovery == 0 {
			if codes, err = s.access.NewRecoveryCodes(ctx, tx, userID); err != nil {
				return err
			}
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "factor.totp_enrol", Target: userID, After: map[string]bool{"replaced": before.TOTP},
		})
	})
	if err != nil {
		return "", nil, fmt.Errorf("enrol authenticator app of %s: %w", userID, err)
	}
	s.tellFactor(ctx, userID, "enrolled")
	return token, codes, nil
}

// ProveFactor is for the transaction that gives the session's user a second
// factor which the session has just shown to have: it becomes complete, and
// the user's other sessions, which have not, end. It returns the new token.
func (s *Service) ProveFactor(ctx context.Context, tx *db.Tx, session access.Session, token string, by access.Method) (string, error) {
	if err := s.access.RevokeAll(ctx, tx, session.UserID, session.ID); err != nil {
		return "", err
	}
	return s.access.Rotate(ctx, tx, session, token, access.StageActive, by)
}

// RemoveTOTP takes the acting user's authenticator app away, with a code of it
// or a recovery code; who then has no second factor loses the recovery codes
// too. Codes: as access.CheckCode, NotFound, Conflict ("second_factor_required").
func (s *Service) RemoveTOTP(ctx context.Context, c Code) error {
	userID, err := ownSession(ctx, c.Session)
	if err != nil {
		return err
	}
	if err := s.mayRemoveTOTP(ctx, userID); err != nil {
		return err
	}
	if _, err := s.checkCode(ctx, userID, c); err != nil {
		return err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := s.access.RemoveTOTP(ctx, tx, userID); err != nil {
			return err
		}
		left, err := s.access.Factors(ctx, tx, userID)
		if err != nil {
			return err
		}
		if !left.Asked() {
			if err := s.access.DropRecoveryCodes(ctx, tx, userID); err != nil {
				return err
			}
		}
		return s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "factor.totp_remove", Target: userID})
	})
	if err != nil {
		return fmt.Errorf("remove authenticator app of %s: %w", userID, err)
	}
	s.tellFactor(ctx, userID, "removed")
	return nil
}

// mayRemoveTOTP refuses to leave somebody without the second factor they need.
func (s *Service) mayRemoveTOTP(ctx context.Context, userID string) error {
	f, err := s.access.Factors(ctx, s.db, userID)
	if err != nil || f.Passkeys > 0 {
		return err
	}
	required, err := s.access.SecondFactorRequired(ctx, userID)
	if err == nil && required {
		err = app.Errorf(app.Conflict, "your role needs a second factor; replace it instead").WithReason("second_factor_required")
	}
	return err
}

// NewRecoveryCodes replaces the acting user's recovery codes, to be shown once.
// Conflict ("no_second_factor") while there is nothing that they stand in for.
func (s *Service) NewRecoveryCodes(ctx context.Context) ([]string, error) {
	userID, err := actingUser(ctx)
	if err != nil {
		return nil, err
	}
	var codes []string
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		f, err := s.access.Factors(ctx, tx, userID)
		if err != nil {
			return err
		}
		if !f.Second() {
			return app.Errorf(app.Conflict, "recovery codes stand in for a second factor, and there is none").WithReason("no_second_factor")
		}
		if codes, err = s.access.NewRecoveryCodes(ctx, tx, userID); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "factor.recovery_codes", Target: userID, After: map[string]int{"codes": len(codes)},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("new recovery codes of %s: %w", userID, err)
	}
	s.tellFactor(ctx, userID, "codes")
	return codes, nil
}

// ResetFactors takes a user's second factors away and ends their sessions: they
// sign in by password again, and enrol anew where they must. It needs
// users:write on the platform, and nobody resets their own. Codes: Forbidden,
// NotFound.
func (s *Service) ResetFactors(ctx context.Context, userID string) error {
	if err := s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return err
	}
	if actor := audit.ActorFrom(ctx); actor.Kind == audit.KindUser && actor.ID == userID {
		return app.Errorf(app.Conflict, "somebody else must reset your second factor").WithReason("own_account")
	}
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		if _, err := s.access.User(ctx, tx, userID); err != nil {
			return err
		}
		before, err := s.access.Factors(ctx, tx, userID)
		if err != nil {
			return err
		}
		if err := s.access.ResetFactors(ctx, tx, userID); err != nil {
			return err
		}
		if err := s.access.RevokeAll(ctx, tx, userID, ""); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "factor.reset", Target: userID,
			Before: map[string]any{"authenticator_app": before.TOTP, "passkeys": before.Passkeys + before.Copied, "recovery_codes": before.Recovery},
		})
	})
	if err != nil {
		return fmt.Errorf("reset factors of %s: %w", userID, err)
	}
	s.tellFactor(ctx, userID, "reset")
	return nil
}

// RequireSecondFactor makes a second factor the rule for everyone with a role
// in the merchant, or ends the rule. It needs settings:write there. Forbidden.
func (s *Service) RequireSecondFactor(ctx context.Context, merchantID string, required bool) error {
	if err := s.require(ctx, merchantID, access.Settings, access.Write); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		changed, err := s.access.SetFactorRule(ctx, tx, merchantID, required, audit.ActorFrom(ctx).ID)
		if err != nil || !changed {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: merchantID, Action: "merchant.second_factor", Target: merchantID,
			Before: map[string]bool{"required": !required}, After: map[string]bool{"required": required},
		})
	})
}
