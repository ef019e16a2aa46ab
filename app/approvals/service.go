package approvals

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Handler is the room whose object waits.
type Handler interface {
	// Decided carries the decision out in the transaction that makes it; its error
	// undoes the decision.
	Decided(ctx context.Context, tx *db.Tx, a Approval) error
	// After runs once the decision has been committed, for what may be lost: a
	// wake-up call, a first try.
	After(ctx context.Context, a Approval)
}

// Makers knows the API keys.
type Makers interface {
	// KeyMaker returns the id of the user who was shown a key's secret, as q sees
	// it, and "" when nobody knows.
	KeyMaker(ctx context.Context, q db.Querier, merchantID, keyID string) (string, error)
}

// Service keeps the approvals. Its methods are safe for concurrent use, by any
// number of servers on one database.
type Service struct {
	db       *db.DB
	audit    *audit.Log
	makers   Makers
	store    store
	handlers map[string]Handler
}

// NewService returns the service. Every request and decision is recorded in log,
// within its own transaction; makers says whose keys ask.
func NewService(d *db.DB, log *audit.Log, makers Makers) *Service {
	return &Service{db: d, audit: log, makers: makers, handlers: map[string]Handler{}}
}

// Register names who is told of decisions about a kind. It belongs to wiring:
// call it before the service is used.
func (s *Service) Register(kind string, h Handler) { s.handlers[kind] = h }

// Request asks for an approval inside the transaction of the change that waits
// for it.
func (s *Service) Request(ctx context.Context, tx *db.Tx, n New) (Approval, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return Approval{}, err
	}
	if s.handlers[n.Kind] == nil {
		return Approval{}, app.Errorf(app.Internal, "nobody carries out approvals of the kind %q", n.Kind)
	}
	a := Approval{
		ID: app.NewID(app.PrefixApproval, now.Time()), MerchantID: n.MerchantID, Mode: n.Mode, Kind: n.Kind, ObjectID: n.ObjectID,
		Amount: n.Amount, Summary: n.Summary, RequestedBy: n.RequestedBy, RequestedAt: now, Status: Pending, Version: 1,
	}
	if n.RequestedBy.Kind == ByKey {
		if a.Maker, err = s.makers.KeyMaker(ctx, tx, n.MerchantID, n.RequestedBy.ID); err != nil {
			return Approval{}, fmt.Errorf("read who made %s: %w", n.RequestedBy.ID, err)
		}
	}
	if n.Life > 0 {
		a.ExpiresAt = now.Add(n.Life)
	}
	if err := s.store.insert(ctx, tx, a); err != nil {
		return Approval{}, err
	}
	return a, s.record(ctx, tx, "approval.request", a)
}

// Get returns an approval of the scope, or NotFound.
func (s *Service) Get(ctx context.Context, scope Scope, id string) (Approval, error) {
	return s.store.get(ctx, s.db, scope, id)
}

// facts are what an audit row says about an approval.
type facts struct {
	Kind     string    `json:"kind"`
	ObjectID string    `json:"object_id"`
	Amount   app.Money `json:"amount"`
	Status   Status    `json:"status"`
	Note     string    `json:"note,omitempty"`
}

func (s *Service) record(ctx context.Context, tx *db.Tx, action string, a Approval) error {
	e := audit.Entry{
		Chain: a.MerchantID, Action: action, Target: a.ID,
		After: facts{a.Kind, a.ObjectID, a.Amount, a.Status, a.Note},
	}
	if a.Status != Pending {
		e.Before = facts{a.Kind, a.ObjectID, a.Amount, Pending, ""}
	}
	return s.audit.Record(ctx, tx, e)
}

func encodeSummary(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return string(b)
}
