// Package audit keeps what people and configuration do in chains of rows that
// cannot be changed unnoticed: one chain per merchant and one for the platform.
//
// A row's hash is an HMAC over the previous row's hash and its own content, and
// a head row per chain holds the last sequence number and hash under an HMAC of
// its own. So without the key nobody can edit, insert, move or delete a row, or
// cut the end off, without Verify naming it. One thing the database alone
// cannot show: rows cut off together with putting back an older copy of the
// whole head row. The heads are therefore logged hourly (see Heads), and Verify
// compares the chain with any head from those logs.
package audit

import (
	"context"
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Platform is the chain of what concerns no single merchant.
const Platform = "platform"

// Entry is one thing done. Before and After are marshalled to JSON with their
// secrets masked; nil means there was, or is, nothing.
type Entry struct {
	Chain         string // a merchant's id, or Platform
	Actor         Actor  // defaults to the context's
	Action        string // "account.update"
	Target        string // the id of what it was done to
	Before, After any
	RequestID     string // defaults to the context's
}

// Row is an entry as stored.
type Row struct {
	ID        string     `db:"id"`
	Chain     string     `db:"chain"`
	Seq       int64      `db:"seq"`
	CreatedAt app.Millis `db:"created_at"`
	ActorKind string     `db:"actor_kind"`
	ActorID   string     `db:"actor_id"`
	ActorName string     `db:"actor_name"`
	ActorIP   string     `db:"actor_ip"`
	Session   string     `db:"session_id"`  // of the console, or ""
	Agent     string     `db:"actor_agent"` // what the client called itself
	Action    string     `db:"action"`
	Target    string     `db:"target"`
	Name      string     `db:"target_name"` // what the target was called, where that is known
	NameKey   string     `db:"target_key"`  // Name as it is searched for
	Before    string     `db:"before_json"` // JSON, or ""
	After     string     `db:"after_json"`  // JSON, or ""
	RequestID string     `db:"request_id"`
	Version   int64      `db:"version"` // of what the hash covers
	PrevHash  string     `db:"prev_hash"`
	Hash      string     `db:"hash"`
}

// Log writes and reads the chains.
type Log struct {
	db    *db.DB
	key   []byte
	clock app.Clock
}

// New returns a Log on d. key, at least 32 bytes, authenticates every chain:
// whoever has it can forge them, so it must not lie in the database.
func New(d *db.DB, key []byte, clock app.Clock) *Log {
	return &Log{db: d, key: key, clock: clock}
}

// Record appends e to its chain within tx, the transaction of the action
// itself: both commit or neither does. It locks the chain's head until tx ends,
// so it belongs near the transaction's end. It refuses (Internal) to build on a
// head that fails its HMAC, since that would make a forged one genuine.
func (l *Log) Record(ctx context.Context, tx *db.Tx, e Entry) error {
	row, err := l.row(ctx, e)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	if err := l.appendRow(ctx, tx, row); err != nil {
		return fmt.Errorf("audit %s on chain %s: %w", e.Action, e.Chain, err)
	}
	return nil
}

func (l *Log) row(ctx context.Context, e Entry) (*Row, error) {
	if e.Chain == "" || e.Action == "" {
		return nil, app.Errorf(app.Internal, "an entry needs a chain and an action")
	}
	e.Actor = e.Actor.cameBy(ctx)
	if e.RequestID == "" {
		e.RequestID = app.RequestID(ctx)
	}
	before, err := masked(e.Before)
	if err != nil {
		return nil, err
	}
	after, err := masked(e.After)
	if err != nil {
		return nil, err
	}
	now := l.clock.Now()
	name := clip(e.called(before, after), 190)
	return &Row{
		ID: app.NewID(app.PrefixAudit, now), Chain: e.Chain, CreatedAt: app.ToMillis(now),
		ActorKind: e.Actor.Kind, ActorID: e.Actor.ID, ActorName: clip(e.Actor.Name, 190), ActorIP: e.Actor.IP,
		Session: e.Actor.Session, Agent: clip(e.Actor.Agent, 300),
		Action: e.Action, Target: clip(e.Target, 190), Name: name, NameKey: nameKey(name),
		Before: before, After: after, RequestID: clip(e.RequestID, 128), Version: 2,
	}, nil
}

// clip keeps what a caller's text says within its column, since a long name is
// no reason to refuse the action.
func clip(s string, runes int) string {
	r := []rune(strings.ToValidUTF8(s, "�"))
	return string(r[:min(len(r), runes)])
}

// appendRow gives row its place after the chain's head. The relative update
// comes first: it locks the head row, so that on READ COMMITTED the read after
// it sees the last committed head and no other writer can take the same place.
func (l *Log) appendRow(ctx context.Context, tx *db.Tx, row *Row) error {
	n, err := advanceHead(ctx, tx, row.Chain)
	if err != nil {
		return err
	}
	if n == 0 {
		if err := l.startChain(ctx, tx, row.Chain); err != nil {
			return err
		}
	}
	head, err := readHead(ctx, tx, row.Chain)
	if err != nil {
		return err
	}
	row.Seq, row.PrevHash = head.Seq, head.Hash
	head.Seq--
	if !l.headGenuine(head) {
		return app.Errorf(app.Internal, "the chain's head at %d has been tampered with; run: piaohao audit verify", head.Seq)
	}
	row.Hash = l.hashRow(row)
	if err := insertRow(ctx, tx, row); err != nil {
		return err
	}
	next := Head{Chain: row.Chain, Seq: row.Seq, Hash: row.Hash}
	return sealHead(ctx, tx, next, l.hashHead(next))
}

// startChain makes the head of a new chain and takes its first place. When
// another server starts the same chain at once, ours waits for it, loses, and
// goes behind it: the duplicate undoes only that one statement.
func (l *Log) startChain(ctx context.Context, tx *db.Tx, chain string) error {
	used, err := hasRows(ctx, tx, chain)
	if err != nil {
		return err
	}
	empty := Head{Chain: chain}
	if err := insertHead(ctx, tx, empty, l.hashHead(empty)); err != nil && !db.IsDuplicate(err) {
		return err
	} else if err == nil && used {
		return app.Errorf(app.Internal, "the chain has rows but its head is gone; run: piaohao audit verify")
	}
	_, err = advanceHead(ctx, tx, chain)
	return err
}
