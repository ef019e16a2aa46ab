package events

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Log writes and reads events. Its methods are safe for concurrent use.
type Log struct {
	db    *db.DB
	clock app.Clock
	owner string // this process, as holder of the sequencer's lease

	mu    sync.Mutex // guards lease
	lease db.Lease

	written bell // events of this process have committed
	ordered bells
}

// NewLog returns the log in d. clock stamps new events.
func NewLog(d *db.DB, clock app.Clock) *Log {
	return &Log{db: d, clock: clock, owner: app.NewID("srv_", clock.Now()), written: newBell()}
}

// Write records the fact in tx, the transaction of the change it tells of:
// both stand, or neither. After the commit it wakes the sequencer.
func (l *Log) Write(ctx context.Context, tx *db.Tx, n New) (Event, error) {
	if err := n.check(); err != nil {
		return Event{}, err
	}
	at := l.clock.Now()
	id := app.NewID(app.PrefixEvent, at)
	body, err := n.encode(id, at)
	if err != nil {
		return Event{}, err
	}
	e := Event{
		ID: id, MerchantID: n.MerchantID, Mode: n.Mode, Type: n.Type,
		ObjectID: n.ObjectID, Payload: body, CreatedAt: app.ToMillis(at),
	}
	if err := insertEvent(ctx, tx, e); err != nil {
		return Event{}, fmt.Errorf("write event %s of %s: %w", n.Type, n.ObjectID, err)
	}
	tx.AfterCommit(l.written.ring)
	return e, nil
}

// Get returns one event of the merchant and mode, or NotFound.
func (l *Log) Get(ctx context.Context, merchantID string, mode app.Mode, id string) (Event, error) {
	e, err := selectEvent(ctx, l.db, merchantID, mode, id)
	if errors.Is(err, db.ErrNoRows) {
		return Event{}, app.Errorf(app.NotFound, "no event %s", id)
	}
	if err != nil {
		return Event{}, fmt.Errorf("read event %s: %w", id, err)
	}
	return e, nil
}

// After returns up to limit events of all merchants with a Seq above seq, in
// order. None is ever added below a Seq that was returned.
func (l *Log) After(ctx context.Context, seq int64, limit int) ([]Event, error) {
	return selectAfter(ctx, l.db, seq, limit)
}

// Filter selects a merchant's events for a list. Events not yet sequenced are
// not listed.
type Filter struct {
	MerchantID  string
	Mode        app.Mode
	Type        string // "" means all
	ObjectID    string // "" means all
	Before      int64  // only Seq below it; 0 means no bound
	After       int64  // only Seq above it
	OldestFirst bool   // ascending, to follow the log; newest first otherwise
	Limit       int
}

// List returns a page of a merchant's events; the cursor of the next page is
// the last one's Seq, as Before, or as After with OldestFirst.
func (l *Log) List(ctx context.Context, f Filter) ([]Event, error) {
	out, err := selectEvents(ctx, l.db, f)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return out, nil
}

// ByObject returns the events of objects, such as a payment and its refunds,
// oldest first, sequenced or not.
func (l *Log) ByObject(ctx context.Context, merchantID string, objectIDs ...string) ([]Event, error) {
	if len(objectIDs) == 0 {
		return nil, nil
	}
	out, err := selectByObject(ctx, l.db, merchantID, objectIDs)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", objectIDs[0], err)
	}
	return out, nil
}

// CountByObject counts the events of each object by type, to compare an
// object's state with the facts told of it. merchantIDs are the objects' owners.
func (l *Log) CountByObject(ctx context.Context, merchantIDs, objectIDs []string) (map[string]map[string]int, error) {
	out := make(map[string]map[string]int, len(objectIDs))
	if len(objectIDs) == 0 {
		return out, nil
	}
	rows, err := countByObject(ctx, l.db, merchantIDs, objectIDs)
	if err != nil {
		return nil, fmt.Errorf("count events: %w", err)
	}
	for _, r := range rows {
		if out[r.ObjectID] == nil {
			out[r.ObjectID] = map[string]int{}
		}
		out[r.ObjectID][r.Type] = r.N
	}
	return out, nil
}

// Payloads returns the payloads of the events by id, for the job that sends
// them; an id without an event is absent.
func (l *Log) Payloads(ctx context.Context, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	found, err := selectPayloads(ctx, l.db, ids)
	if err != nil {
		return nil, fmt.Errorf("read payloads: %w", err)
	}
	for _, e := range found {
		out[e.ID] = e.Payload
	}
	return out, nil
}
