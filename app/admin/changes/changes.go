// Package changes keeps what one person asks and a second must agree to before
// it is done: API keys, channel credentials, roles that reach them, and the
// settings that say so. The decision does it, once, in its own transaction. A
// key is the exception: its secret is shown to who asked, so they open it after
// the yes, and it is made then.
package changes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
)

// The kinds of changes, as approvals name them.
const (
	KeyCreate   = "key_create"
	KeyRoll     = "key_roll"
	Credentials = "credentials"
	Enable      = "account_enable"
	Apps        = "account_apps"
	RoleGrant   = "role_grant"
	Invite      = "invitation"
	Settings    = "settings"
)

// Kinds lists every kind.
func Kinds() []string {
	return []string{KeyCreate, KeyRoll, Credentials, Enable, Apps, RoleGrant, Invite, Settings}
}

// The states of a change.
const (
	waiting = "waiting" // for a second person
	ready   = "ready"   // for who asked, to open the key
	done    = "done"
	ended   = "ended" // refused, withdrawn, expired
)

const (
	// Life is how long a request may be decided.
	Life = 72 * time.Hour
	// OpenFor is how long an approved key may be opened.
	OpenFor = 7 * 24 * time.Hour
)

// Sealer seals what waits and must not be read.
type Sealer interface {
	Seal(plain []byte, merchantID, rowID string) ([]byte, error)
	Open(sealed []byte, merchantID, rowID string) ([]byte, error)
}

// Config holds the room's parts; all are required.
type Config struct {
	DB        *db.DB
	Audit     *audit.Log
	Approvals *approvals.Service
	Merchants *merchants.Service
	Admin     *admin.Service
	Sealer    Sealer
}

// Service keeps the changes that wait.
type Service struct{ Config }

// New returns the service; register it for every one of Kinds.
func New(cfg Config) *Service { return &Service{cfg} }

// payload is what a change will do; each kind uses its part. It holds no secret.
type payload struct {
	Key       *merchants.KeyInput  `json:"key,omitempty"`
	Overlap   time.Duration        `json:"overlap,omitempty"`
	Account   *merchants.Candidate `json:"account,omitempty"`
	Apps      []merchants.AppID    `json:"apps,omitempty"`    // as they were
	Version   int64                `json:"version,omitempty"` // of the account, or of the role
	Role      access.Role          `json:"role,omitempty"`
	Email     string               `json:"email,omitempty"`
	Limit     app.Money            `json:"limit,omitempty"`
	TwoPeople bool                 `json:"two_people,omitempty"`
}

// ask stores a change and asks for its approval, in one transaction.
func (s *Service) ask(ctx context.Context, merchantID string, mode app.Mode, kind, object string, p payload, secret []byte, summary map[string]string) (approvals.Approval, error) {
	actor := audit.ActorFrom(ctx)
	if actor.Kind != audit.KindUser {
		return approvals.Approval{}, app.Errorf(app.Forbidden, "only a signed-in person asks another")
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return approvals.Approval{}, err
	}
	c := change{ID: app.NewID(app.PrefixChange, now.Time()), MerchantID: merchantID, Mode: mode, Kind: kind, ObjectID: object, RequestedBy: actor.ID, RequestedAt: now, Status: waiting, Version: 1, Sealed: []byte{}}
	encoded, err := json.Marshal(p)
	if err != nil {
		return approvals.Approval{}, fmt.Errorf("encode the change: %w", err)
	}
	c.Payload = string(encoded)
	if secret != nil {
		if c.Sealed, err = s.Sealer.Seal(secret, merchantID, c.ID); err != nil {
			return approvals.Approval{}, err
		}
	}
	var a approvals.Approval
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		var err error
		a, err = s.Approvals.Request(ctx, tx, approvals.New{
			MerchantID: merchantID, Mode: mode, Kind: kind, ObjectID: c.ID, Summary: summary, Life: Life,
			RequestedBy: approvals.Person{Kind: approvals.ByUser, ID: actor.ID, Name: actor.Name},
		})
		if err != nil {
			return err
		}
		c.ApprovalID = a.ID
		return insert(ctx, tx, c)
	})
	if err != nil {
		return approvals.Approval{}, fmt.Errorf("ask for %s: %w", kind, err)
	}
	return a, nil
}

// Decided carries out an approved change, or ends the others, in the deciding
// transaction. It implements approvals.Handler.
func (s *Service) Decided(ctx context.Context, tx *db.Tx, a approvals.Approval) error {
	c, err := read(ctx, tx, a.MerchantID, a.ObjectID)
	if err != nil {
		return err
	}
	c.EndedAt, c.Status = a.DecidedAt, ended
	if a.Status == approvals.Approved {
		c.Status = done
		if c.opens() {
			c.Status, c.UsableUntil = ready, a.DecidedAt.Add(OpenFor)
		} else if err := s.stillMay(ctx, tx, c, a.DecidedBy.ID); err != nil {
			return err
		} else if err := s.apply(ctx, tx, &c); err != nil {
			return err
		}
	}
	return s.move(ctx, tx, c, waiting)
}

// After implements approvals.Handler; nothing is left to do.
func (s *Service) After(context.Context, approvals.Approval) {}

func (s *Service) move(ctx context.Context, tx *db.Tx, c change, from string) error {
	n, err := update(ctx, tx, c, from)
	if err != nil {
		return fmt.Errorf("move change %s: %w", c.ID, err)
	}
	if n == 0 {
		return app.Errorf(app.Conflict, "change %s has been carried out or has ended", c.ID).WithReason("change_over")
	}
	return nil
}

// stillMay refuses unless both who decides and who asked may do it alone, were
// one enough, by their roles of this moment.
func (s *Service) stillMay(ctx context.Context, tx *db.Tx, c change, decider string) error {
	needs, ok := map[string]access.Right{
		Credentials: {Object: access.Accounts, Action: access.Write}, Enable: {Object: access.Accounts, Action: access.Write},
		Apps:      {Object: access.Accounts, Action: access.Write},
		RoleGrant: {Object: access.Members, Action: access.Write}, Invite: {Object: access.Members, Action: access.Write},
		Settings: {Object: access.Settings, Action: access.Write},
	}[c.Kind]
	if !ok {
		return nil
	}
	return errors.Join(s.Admin.MayStill(ctx, tx, c.RequestedBy, c.MerchantID, needs), s.Admin.MayStill(ctx, tx, decider, c.MerchantID, needs))
}

// sameRole refuses to give a role of the merchant's own that was changed after
// somebody asked for it: nobody has agreed to what it is now.
func (s *Service) sameRole(ctx context.Context, tx *db.Tx, merchantID string, p payload) error {
	version, err := s.Admin.RoleVersion(ctx, tx, merchantID, p.Role)
	if err == nil && version != p.Version {
		err = app.Errorf(app.Conflict, "the role %s was changed after it was asked for: ask again", p.Role).WithReason("role_changed")
	}
	return err
}

// apply does what was asked, as who decides.
func (s *Service) apply(ctx context.Context, tx *db.Tx, c *change) error {
	var p payload
	if err := json.Unmarshal([]byte(c.Payload), &p); err != nil {
		return fmt.Errorf("read change %s: %w", c.ID, err)
	}
	switch c.Kind {
	case Credentials:
		secret, err := s.Sealer.Open(c.Sealed, c.MerchantID, c.ID)
		if err != nil {
			return err
		}
		p.Account.Secret = secret
		return s.Merchants.ReplaceCredentialsIn(ctx, tx, *p.Account)
	case Enable:
		return s.Merchants.EnableIn(ctx, tx, c.MerchantID, c.ObjectID, p.Version)
	case Apps:
		return s.setApps(ctx, tx, c, p)
	case RoleGrant:
		g := admin.Grant{Role: p.Role, Domain: c.MerchantID}
		return errors.Join(s.Admin.MayGrant(ctx, tx, c.RequestedBy, g), s.sameRole(ctx, tx, c.MerchantID, p), s.Admin.GrantIn(ctx, tx, c.ObjectID, g))
	case Invite:
		return s.invite(ctx, tx, c, p)
	case Settings:
		return s.Merchants.UpdateSettingsIn(ctx, tx, c.MerchantID, func(m *merchants.Settings) { m.RefundApprovalAbove, m.TwoPeople = p.Limit, p.TwoPeople })
	}
	return app.Errorf(app.Internal, "nobody knows how to carry out %q", c.Kind)
}

// setApps gives an account its new apps, whose secrets waited sealed.
func (s *Service) setApps(ctx context.Context, tx *db.Tx, c *change, p payload) error {
	secret, err := s.Sealer.Open(c.Sealed, c.MerchantID, c.ID)
	if err != nil {
		return err
	}
	var apps []merchants.AppInput
	if err := json.Unmarshal(secret, &apps); err != nil {
		return app.Errorf(app.Internal, "read the apps of %s", c.ID) // the cause could quote a secret
	}
	return s.Merchants.SetAppIDsIn(ctx, tx, c.MerchantID, c.ObjectID, p.Apps, apps)
}

// invite makes the invitation, or agrees to the one that stands, and notes which.
func (s *Service) invite(ctx context.Context, tx *db.Tx, c *change, p payload) error {
	g := admin.Grant{Role: p.Role, Domain: c.MerchantID}
	if err := errors.Join(s.Admin.MayGrant(ctx, tx, c.RequestedBy, g), s.sameRole(ctx, tx, c.MerchantID, p)); err != nil {
		return err
	}
	if c.ObjectID != "" {
		i, err := s.Admin.AgreeIn(ctx, tx, c.MerchantID, c.ObjectID)
		if err == nil && i.Role != p.Role {
			err = app.Errorf(app.Conflict, "the invitation is to another role now: ask again").WithReason("role_changed")
		}
		return err
	}
	i, err := s.Admin.InviteIn(ctx, tx, c.MerchantID, p.Email, p.Role)
	c.ObjectID = i.ID
	return err
}

// Invited returns the id of the invitation that an approved change has made.
// Errors: NotFound.
func (s *Service) Invited(ctx context.Context, merchantID, changeID string) (string, error) {
	c, err := read(ctx, s.DB, merchantID, changeID)
	if err == nil && (c.Kind != Invite || c.Status != done) {
		err = app.Errorf(app.NotFound, "change %s has invited nobody", changeID).WithReason("change_not_found")
	}
	return c.ObjectID, err
}
