package exports

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

const (
	// Kept is how long a file can be downloaded.
	Kept = 7 * 24 * time.Hour
	// Waiting is how many exports of a merchant and mode may be unfinished at once.
	Waiting = 5
	// Listed is how many exports a page of the list has at most.
	Listed = 25
)

// Config holds a Service's parts. All are required.
type Config struct {
	DB     *db.DB
	Audit  *audit.Log
	Shelf  archive.Shelf
	Logger *slog.Logger
	// Sources read the lists, by kind.
	Sources map[string]Source
	// Dir is where files are made before they are kept; "" is the system's.
	Dir string
	// Owner names this process as the holder of leases.
	Owner string
}

// Service makes exports. Its methods are safe for concurrent use, by any number
// of servers on one database.
type Service struct {
	Config
	store store
	wake  chan struct{}
	// noteEvery is how often a running export notes its progress and prolongs its
	// lease.
	noteEvery time.Duration
}

// New returns a service.
func New(cfg Config) *Service {
	return &Service{Config: cfg, wake: make(chan struct{}, 1), noteEvery: 2 * time.Second}
}

// Wake tells that an export was asked for here.
func (s *Service) Wake() <-chan struct{} { return s.wake }

// Ask queues an export and audits who asked. The same request while it is
// unfinished is the same export. Codes: Invalid for an unknown kind; Conflict with
// reason exports_waiting when too many are unfinished.
func (s *Service) Ask(ctx context.Context, r Request) (Export, error) {
	if s.Sources[r.Kind] == nil {
		return Export{}, app.InvalidField("kind", "bad_value", "%q cannot be exported", r.Kind)
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Export{}, err
	}
	e := Export{ID: app.NewID(app.PrefixExport, now.Time()), Request: r, Bound: now, Status: Queued, CreatedAt: now}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		open, err := s.store.unfinished(ctx, tx, r.Scope, Waiting)
		if err != nil {
			return err
		}
		for _, o := range open {
			if o.Request == r {
				e = o
				return nil
			}
		}
		if len(open) >= Waiting {
			return tooMany()
		}
		if err := s.store.insert(ctx, tx, e, now); err != nil {
			return err
		}
		tx.AfterCommit(s.awaken)
		return s.record(ctx, tx, "export.request", e, r.By)
	})
	if err != nil {
		return Export{}, fmt.Errorf("ask for an export of %s: %w", r.Kind, err)
	}
	return e, nil
}

func tooMany() error {
	return app.Errorf(app.Conflict, "%d exports are still being made: wait for one of them, or cancel it", Waiting).WithReason("exports_waiting")
}

func (s *Service) awaken() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Get returns an export of the scope and kind, or NotFound.
func (s *Service) Get(ctx context.Context, scope Scope, kind, id string) (Export, error) {
	return s.store.get(ctx, s.DB, scope, kind, id)
}

// List returns the newest exports of the kinds in the scope, before the id (""
// for the newest), Listed at most.
func (s *Service) List(ctx context.Context, scope Scope, kinds []string, before string) ([]Export, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	return s.store.list(ctx, s.DB, scope, kinds, before)
}

// Cancel ends an unfinished export; one that has ended meanwhile stays as it is.
func (s *Service) Cancel(ctx context.Context, scope Scope, kind, id string, by approvals.Person) error {
	return s.change(ctx, scope, kind, id, "export.cancel", by, func(tx *db.Tx, e Export, now app.Millis) (bool, error) {
		if !e.Status.Working() {
			return false, nil
		}
		return s.store.cancel(ctx, tx, e, now, now.Add(Kept))
	})
}

// Retry makes an export again that failed, was cancelled or has expired: what it
// selects is as when it was asked for, the rows are as they stand now. Codes:
// NotFound; Conflict with reason exports_waiting.
func (s *Service) Retry(ctx context.Context, scope Scope, kind, id string, by approvals.Person) error {
	return s.change(ctx, scope, kind, id, "export.retry", by, func(tx *db.Tx, e Export, now app.Millis) (bool, error) {
		if !e.Status.Again() {
			return false, nil
		}
		open, err := s.store.unfinished(ctx, tx, scope, Waiting)
		if err != nil {
			return false, err
		}
		if len(open) >= Waiting {
			return false, tooMany()
		}
		tx.AfterCommit(s.awaken)
		return s.store.requeue(ctx, tx, e, now)
	})
}

func (s *Service) change(ctx context.Context, scope Scope, kind, id, action string, by approvals.Person, f func(tx *db.Tx, e Export, now app.Millis) (bool, error)) error {
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		e, err := s.store.get(ctx, tx, scope, kind, id)
		if err != nil {
			return err
		}
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		changed, err := f(tx, e, now)
		if err != nil || !changed {
			return err
		}
		return s.record(ctx, tx, action, e, by)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, id, err)
	}
	return nil
}

// Open returns an export's file for by, who is audited. Codes: NotFound; Conflict
// with reason export_not_ready or export_expired. The caller closes the blob.
func (s *Service) Open(ctx context.Context, scope Scope, kind, id string, by approvals.Person) (Export, archive.Blob, error) {
	e, err := s.store.get(ctx, s.DB, scope, kind, id)
	if err != nil {
		return Export{}, nil, err
	}
	if e.Status == Expired {
		return Export{}, nil, app.Errorf(app.Conflict, "the file of %s has expired: make it again", id).WithReason("export_expired")
	}
	if e.Status != Done {
		return Export{}, nil, app.Errorf(app.Conflict, "%s is %s: wait until it is done", id, e.Status).WithReason("export_not_ready")
	}
	blob, err := s.Shelf.Take(ctx, e.ID, e.SHA256)
	if app.Is(err, app.NotFound) || archive.Altered(err) {
		return Export{}, nil, app.Errorf(app.Internal, "the file of %s cannot be read: %w", id, err).WithReason("archive_damaged")
	}
	if err != nil {
		return Export{}, nil, err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error { return s.record(ctx, tx, "export.download", e, by) })
	if err != nil {
		_ = blob.Close()
		return Export{}, nil, fmt.Errorf("audit the download of %s: %w", id, err)
	}
	return e, blob, nil
}

// facts are what the audit says of an export.
type facts struct {
	Kind   string `json:"kind"`
	Filter string `json:"filter"`
	Format Format `json:"format"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

func (s *Service) record(ctx context.Context, tx *db.Tx, action string, e Export, by approvals.Person) error {
	return s.Audit.Record(ctx, tx, audit.Entry{
		Chain: e.MerchantID, Action: action, Target: e.ID, After: facts{e.Kind, e.Query, e.Format, e.FileName(), e.Rows, e.SHA256},
		Actor: audit.Actor{Kind: by.Kind, ID: by.ID, Name: by.Name, IP: audit.ActorFrom(ctx).IP},
	})
}
