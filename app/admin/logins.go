package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/access/sso"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Logins are the ways to sign in besides the password: passkeys, and identity
// providers.
type Logins struct {
	Passkeys *passkeys.Service
	SSO      *sso.Service
	s        *Service
}

// NewLogins returns Logins on the same database as s.
func NewLogins(s *Service, p *passkeys.Service, i *sso.Service) *Logins {
	return &Logins{Passkeys: p, SSO: i, s: s}
}

// NewPasskey is what the page of a new passkey sends.
type NewPasskey struct {
	User    access.User
	Session access.Session
	Token   string // that session's
	Holder  passkeys.Holder
	Name    string
	Answer  string // the browser's, to BeginRegister
}

// RegisterPasskey stores what a device has answered as the acting user's
// passkey. It is a second factor, so whoever had none is now complete in this
// session, their other sessions end, and they get recovery codes, to be shown
// once. It returns the session's new token. Codes: Forbidden, Invalid on field
// "name", Unauthenticated (passkey_refused), Conflict ("passkeys_full",
// "passkey_known").
func (l *Logins) RegisterPasskey(ctx context.Context, n NewPasskey) (token string, codes []string, err error) {
	if _, err := ownSession(ctx, n.Session); err != nil {
		return "", nil, err
	}
	if _, err := passkeys.CheckName(n.Name); err != nil {
		return "", nil, err
	}
	made, err := l.Passkeys.Check(ctx, n.User, n.Holder, n.Answer)
	if err != nil {
		return "", nil, err
	}
	first := false
	err = l.s.db.InTx(ctx, func(tx *db.Tx) error {
		before, err := l.s.access.Factors(ctx, tx, n.User.ID)
		if err != nil {
			return err
		}
		first = !before.Second()
		k, err := l.Passkeys.Add(ctx, tx, n.User, made, n.Name)
		if err != nil {
			return err
		}
		token, codes = n.Token, nil
		if first {
			token, err = l.s.ProveFactor(ctx, tx, n.Session, n.Token, access.ByPasskey)
		}
		if err == nil && before.Recovery == 0 {
			codes, err = l.s.access.NewRecoveryCodes(ctx, tx, n.User.ID)
		}
		if err != nil {
			return err
		}
		return l.s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "passkey.register", Target: n.User.ID, After: aboutPasskey(k)})
	})
	if err != nil {
		return "", nil, fmt.Errorf("register passkey of %s: %w", n.User.ID, err)
	}
	if first {
		l.s.tellFactor(ctx, n.User.ID, "enrolled")
	}
	return token, codes, nil
}

func isActing(ctx context.Context, userID string) error {
	acting, err := actingUser(ctx)
	if err == nil && acting != userID {
		err = forbidden()
	}
	return err
}

func aboutPasskey(k passkeys.Passkey) map[string]string {
	return map[string]string{"passkey_id": k.ID, "name": k.Name}
}

// RenamePasskey gives one of the acting user's passkeys another name. Codes:
// Forbidden, Invalid on field "name", NotFound.
func (l *Logins) RenamePasskey(ctx context.Context, id, name string) error {
	userID, err := actingUser(ctx)
	if err != nil {
		return err
	}
	return l.s.db.InTx(ctx, func(tx *db.Tx) error {
		before, after, err := l.Passkeys.Rename(ctx, tx, userID, id, name)
		if err != nil {
			return err
		}
		return l.s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "passkey.rename", Target: userID, Before: aboutPasskey(before), After: aboutPasskey(after),
		})
	})
}

// RemovePasskey removes one of the acting user's passkeys; whoever then has no
// second factor loses the recovery codes too. Codes: Forbidden, NotFound,
// Conflict ("second_factor_required").
func (l *Logins) RemovePasskey(ctx context.Context, id string) error {
	userID, err := actingUser(ctx)
	if err != nil {
		return err
	}
	return l.removePasskey(ctx, userID, id, true)
}

// RemovePasskeyOf removes a user's passkey, whatever that leaves them with; one's
// own only as RemovePasskey does. It needs users:write on the platform. Codes:
// Forbidden, NotFound, Conflict ("second_factor_required").
func (l *Logins) RemovePasskeyOf(ctx context.Context, userID, id string) error {
	if err := l.s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return err
	}
	actor := audit.ActorFrom(ctx)
	return l.removePasskey(ctx, userID, id, actor.Kind == audit.KindUser && actor.ID == userID)
}

func (l *Logins) removePasskey(ctx context.Context, userID, id string, keep bool) error {
	required, err := l.s.access.SecondFactorRequired(ctx, userID)
	if err != nil {
		return err
	}
	return l.s.db.InTx(ctx, func(tx *db.Tx) error {
		k, err := l.Passkeys.Remove(ctx, tx, userID, id)
		if err != nil {
			return err
		}
		left, err := l.s.access.Factors(ctx, tx, userID)
		if err != nil {
			return err
		}
		if keep && required && !left.Second() {
			return app.Errorf(app.Conflict, "%s needs a second factor", userID).WithReason("second_factor_required")
		}
		if !left.Asked() {
			if err := l.s.access.DropRecoveryCodes(ctx, tx, userID); err != nil {
				return err
			}
		}
		return l.s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "passkey.remove", Target: userID, Before: aboutPasskey(k)})
	})
}

// SignInByPasskey opens a session for whoever the answer proves to be; no
// second factor follows. Codes: Unauthenticated (passkey_refused), Unavailable.
func (l *Logins) SignInByPasskey(ctx context.Context, h passkeys.Holder, answer string, c Credentials) (SignedIn, error) {
	proof, err := l.prove(ctx, passkeys.ToSignIn, access.User{}, h, answer, c.IP)
	if err != nil {
		return SignedIn{}, err
	}
	err = l.s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := l.Passkeys.Used(ctx, tx, proof); err != nil {
			return err
		}
		return l.s.access.Finish(ctx, tx, c.IP)
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in %s: %w", proof.User.ID, err)
	}
	return l.s.Begin(ctx, proof.User, c, access.ByPasskey)
}

// InSession is what somebody who is recognised gives a proof in.
type InSession struct {
	User    access.User
	Session access.Session
	Token   string // that session's
	IP      string
	Device  string // see Credentials
}

// CompleteByPasskey gives the passkey that a password's session waits for, and
// returns its new token. Codes: Unauthenticated (passkey_refused), Forbidden.
func (l *Logins) CompleteByPasskey(ctx context.Context, h passkeys.Holder, answer string, in InSession) (string, error) {
	if err := l.use(ctx, passkeys.ToSecondFactor, h, answer, in); err != nil {
		return "", err
	}
	return l.s.CompleteSignIn(ctx, in.Session, in.Token, in.Device, access.ByPasskey)
}

// ConfirmByPasskey makes the acting user's session fresh and returns its new
// token. Codes: Unauthenticated (passkey_refused), Forbidden, Unavailable.
func (l *Logins) ConfirmByPasskey(ctx context.Context, h passkeys.Holder, answer string, in InSession) (string, error) {
	if err := l.use(ctx, passkeys.ToConfirm, h, answer, in); err != nil {
		return "", err
	}
	return l.s.Confirmed(ctx, in.Session, in.Token, access.ByPasskey)
}

// use takes a proof by one of the session's own user's passkeys.
func (l *Logins) use(ctx context.Context, p passkeys.Purpose, h passkeys.Holder, answer string, in InSession) error {
	if _, err := ownSession(ctx, in.Session); err != nil {
		return err
	}
	proof, err := l.prove(ctx, p, in.User, h, answer, in.IP)
	if err != nil {
		return err
	}
	return l.s.db.InTx(ctx, func(tx *db.Tx) error { return l.Passkeys.Used(ctx, tx, proof) })
}

// prove checks an answer. A passkey that turns out to be copied is trusted no
// more, which is recorded once.
func (l *Logins) prove(ctx context.Context, p passkeys.Purpose, u access.User, h passkeys.Holder, answer, ip string) (passkeys.Proof, error) {
	proof, err := l.Passkeys.Prove(ctx, p, u, h, answer)
	if err != nil || !proof.Cloned {
		return proof, err
	}
	actor := audit.System("passkeys")
	actor.IP = ip
	err = l.s.db.InTx(ctx, func(tx *db.Tx) error {
		news, err := l.Passkeys.Distrust(ctx, tx, proof)
		if err != nil || !news {
			return err
		}
		return l.s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Actor: actor, Action: "passkey.cloned", Target: proof.User.ID, After: aboutPasskey(proof.Key),
		})
	})
	if err != nil {
		return passkeys.Proof{}, fmt.Errorf("distrust %s: %w", proof.Key.ID, err)
	}
	return passkeys.Proof{}, app.Errorf(app.Unauthenticated, "the counter of %s went back", proof.Key.ID).WithReason(passkeys.ReasonRefused)
}
