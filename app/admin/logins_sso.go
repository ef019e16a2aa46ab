package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/sso"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// SignInBySSO opens a session for whom a provider vouches for: the user linked
// to the identity, or, where the configuration says so, the one with its email,
// or a new one. The provider's word is the first factor, and both where it is
// trusted to have asked for both. Codes: Forbidden (sso_unknown, also for a
// disabled user; sso_no_role), Conflict.
func (l *Logins) SignInBySSO(ctx context.Context, a sso.Arrival, c Credentials) (SignedIn, error) {
	u, i, err := l.linked(ctx, a.Claims)
	if app.Is(err, app.NotFound) {
		u, i, err = l.welcome(ctx, a, c.IP)
	}
	if err != nil {
		return SignedIn{}, err
	}
	if u.State != access.Active {
		return SignedIn{}, unknown(a)
	}
	err = l.s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := l.SSO.Used(ctx, tx, i, a.Claims.Email); err != nil {
			return err
		}
		return l.s.access.Finish(ctx, tx, c.IP)
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in %s: %w", u.ID, err)
	}
	// A provider that lets somebody through without asking proves no more than the
	// browser's cookie there: the session is as fresh as its question.
	c.ProvenAt = max(app.ToMillis(a.Claims.AskedAt), 1)
	return l.s.Begin(ctx, u, c, methodOf(a.Claims))
}

// methodOf is what the provider's word is worth.
func methodOf(c sso.Claims) access.Method {
	if c.MFA {
		return access.ByTrustedSSO
	}
	return access.BySSO
}

func aboutIdentity(i sso.Identity) map[string]string {
	return map[string]string{"identity_id": i.ID, "issuer": i.Issuer, "subject": i.Subject, "email": i.Email}
}

func unknown(a sso.Arrival) error {
	return app.Errorf(app.Forbidden, "nobody here is linked to %s at %s", a.Claims.Subject, a.Provider.Name).WithReason(sso.ReasonUnknown)
}

func (l *Logins) linked(ctx context.Context, c sso.Claims) (access.User, sso.Identity, error) {
	i, err := l.SSO.Of(ctx, l.s.db, c)
	if err != nil {
		return access.User{}, i, err
	}
	u, err := l.s.access.User(ctx, l.s.db, i.UserID)
	return u, i, err
}

// welcome links somebody who comes by this provider for the first time.
func (l *Logins) welcome(ctx context.Context, a sso.Arrival, ip string) (access.User, sso.Identity, error) {
	u, err := l.s.access.UserByEmail(ctx, l.s.db, a.Claims.Email)
	known := err == nil
	if err != nil && !app.Is(err, app.NotFound) {
		return access.User{}, sso.Identity{}, err
	}
	if known && (!a.Provider.LinkByEmail || u.State != access.Active) || !known && !a.Provider.AutoCreate {
		return access.User{}, sso.Identity{}, unknown(a)
	}
	roles := a.Provider.RolesFor(a.Claims.Groups)
	if !known && len(roles) == 0 {
		return access.User{}, sso.Identity{}, app.Errorf(app.Forbidden, "no group of %s gives a role here", a.Claims.Email).WithReason(sso.ReasonNoRole)
	}
	// Nobody knows this password: a new user has none to speak of, and who chose
	// the one of a user found by email, nobody can tell.
	nobodys, err := l.s.access.HashPassword(ctx, access.NewPassword())
	if err != nil {
		return access.User{}, sso.Identity{}, err
	}
	actor := audit.System("single sign-on " + a.Provider.Name)
	actor.IP = ip
	ctx = audit.WithActor(ctx, actor)
	var i sso.Identity
	err = l.s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := l.s.access.LockBindings(ctx, tx); err != nil {
			return err
		}
		var err error
		if known {
			err = l.adopt(ctx, tx, &u, a, nobodys)
		} else {
			u, err = l.create(ctx, tx, a.Claims, roles, nobodys)
		}
		if err != nil {
			return err
		}
		i, err = l.link(ctx, tx, u, a.Claims)
		return err
	})
	if known && err == nil {
		l.s.tellAdopted(ctx, u, a.Provider.Title)
	}
	if app.Is(err, app.Conflict) {
		// The email is the user's of another identity at this provider: whoever
		// has it there now need not be them.
		return access.User{}, sso.Identity{}, unknown(a)
	}
	if err != nil {
		return access.User{}, sso.Identity{}, fmt.Errorf("welcome %s: %w", a.Claims.Email, err)
	}
	return u, i, nil
}

// adopt makes a user the provider's whom nothing but an email says to be who
// comes. Whoever kept an invitation's link may have accepted it in their place:
// so the password ends with every session, and a user who has more than a
// password is not adopted at all. The owner of either links the account on their
// own Security page, which proves that it is theirs, and keeps both.
func (l *Logins) adopt(ctx context.Context, tx *db.Tx, u *access.User, a sso.Arrival, nobodys access.PasswordHash) error {
	var err error
	if *u, err = l.s.access.User(ctx, tx, u.ID); err != nil {
		return err
	}
	f, err := l.s.access.Factors(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	others, err := l.SSO.List(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	if u.State != access.Active || f.Asked() || len(others) > 0 {
		return unknown(a)
	}
	u.MustChangePassword = false
	if err := l.s.access.SetPassword(ctx, tx, u.ID, nobodys, false, ""); err != nil {
		return err
	}
	return l.s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "user.retire_password", Target: u.ID})
}

func (l *Logins) create(ctx context.Context, tx *db.Tx, c sso.Claims, roles []sso.RoleRule, nobodys access.PasswordHash) (access.User, error) {
	name := []rune(c.Name)
	u, err := l.s.access.CreateUser(ctx, tx, access.NewUser{Email: c.Email, Name: string(name[:min(len(name), 100)]), Password: nobodys})
	if err != nil {
		return access.User{}, err
	}
	if err := l.s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "user.create", Target: u.ID, After: u}); err != nil {
		return access.User{}, err
	}
	for _, r := range roles {
		g := Grant{Role: r.Role, Domain: r.Merchant}
		if g.Domain == "" {
			g.Domain = access.Platform
		}
		if err := l.s.grant(ctx, tx, u, g); err != nil {
			return access.User{}, err
		}
	}
	return u, nil
}

func (l *Logins) link(ctx context.Context, tx *db.Tx, u access.User, c sso.Claims) (sso.Identity, error) {
	i, err := l.SSO.Link(ctx, tx, u.ID, c)
	if err != nil {
		return i, err
	}
	return i, l.s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "identity.link", Target: u.ID, After: aboutIdentity(i)})
}

// LinkIdentity makes an identity the acting user's, who went to the provider
// for it. Codes: Forbidden, Conflict ("sso_taken").
func (l *Logins) LinkIdentity(ctx context.Context, u access.User, a sso.Arrival, ip string) error {
	if err := isActing(ctx, a.Goal.UserID); err != nil {
		return err
	}
	err := l.s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := l.s.access.Finish(ctx, tx, ip); err != nil {
			return err
		}
		_, err := l.link(ctx, tx, u, a.Claims)
		return err
	})
	if err != nil {
		return fmt.Errorf("link identity to %s: %w", u.ID, err)
	}
	return nil
}

// ConfirmBySSO makes the acting user's session fresh when the provider has asked
// them again, and returns its new token. Whoever has a second factor here needs a
// provider whose word for two is taken: no single one may register another. Codes:
// Forbidden (sso_unknown when the identity is not theirs, sso_one_factor),
// Unauthenticated.
func (l *Logins) ConfirmBySSO(ctx context.Context, a sso.Arrival, in InSession) (string, error) {
	userID, err := ownSession(ctx, in.Session)
	if err != nil {
		return "", err
	}
	i, err := l.SSO.Of(ctx, l.s.db, a.Claims)
	if err != nil && !app.Is(err, app.NotFound) {
		return "", err
	}
	if err != nil || i.UserID != userID || a.Goal.UserID != userID {
		return "", unknown(a)
	}
	f, err := l.s.access.Factors(ctx, l.s.db, userID)
	if err != nil {
		return "", err
	}
	if f.Asked() && !a.Claims.MFA {
		return "", app.Errorf(app.Forbidden, "the provider vouches for one factor, and this user has a second here").WithReason("sso_one_factor")
	}
	err = l.s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := l.SSO.Used(ctx, tx, i, a.Claims.Email); err != nil {
			return err
		}
		return l.s.access.Finish(ctx, tx, in.IP)
	})
	if err != nil {
		return "", fmt.Errorf("confirm session of %s: %w", userID, err)
	}
	return l.s.Confirmed(ctx, in.Session, in.Token, methodOf(a.Claims))
}

// UnlinkIdentity removes one of the acting user's links. Forbidden, NotFound.
func (l *Logins) UnlinkIdentity(ctx context.Context, id string) error {
	userID, err := actingUser(ctx)
	if err != nil {
		return err
	}
	return l.unlink(ctx, userID, id)
}

// UnlinkIdentityOf removes a user's link. It needs users:write on the platform.
// Codes: Forbidden, NotFound.
func (l *Logins) UnlinkIdentityOf(ctx context.Context, userID, id string) error {
	if err := l.s.require(ctx, access.Platform, access.Users, access.Write); err != nil {
		return err
	}
	return l.unlink(ctx, userID, id)
}

func (l *Logins) unlink(ctx context.Context, userID, id string) error {
	return l.s.db.InTx(ctx, func(tx *db.Tx) error {
		i, err := l.SSO.Unlink(ctx, tx, userID, id)
		if err != nil {
			return err
		}
		return l.s.audit.Record(ctx, tx, audit.Entry{Chain: audit.Platform, Action: "identity.unlink", Target: userID, Before: aboutIdentity(i)})
	})
}
