package payments

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Entry is one row of a payment's timeline. Message is a stable key such as
// "state.succeeded"; the console translates it and fills in Args.
type Entry struct {
	ID         string     `db:"id"`
	MerchantID string     `db:"merchant_id"`
	PaymentID  string     `db:"payment_id"`
	AttemptID  string     `db:"attempt_id"`
	At         app.Millis `db:"at"`
	Kind       Kind       `db:"kind"`
	ActorKind  string     `db:"actor_kind"` // key, user, system, channel
	ActorName  string     `db:"actor_name"` // key prefix, e-mail, job, channel
	Message    string     `db:"message"`
	Args       string     `db:"args"`   // JSON object of strings
	Result     string     `db:"result"` // ok, refused, unknown, rejected
	DurationMS int64      `db:"duration_ms"`
	RequestID  string     `db:"request_id"`
	Request    string     `db:"request_text"` // redacted
	Response   string     `db:"response_text"`
}

// Kind is what sort of thing a timeline row tells.
type Kind string

// The kinds of rows.
const (
	KindAPI          Kind = "api"          // the merchant's backend asked
	KindChannelCall  Kind = "channel_call" // we called the channel
	KindState        Kind = "state"        // the state changed
	KindNotification Kind = "notification" // the channel told us
	KindPerson       Kind = "person"       // somebody acted in the console
)

// The results of rows.
const (
	ResultOK       = "ok"
	ResultRefused  = "refused"
	ResultUnknown  = "unknown"
	ResultRejected = "rejected"
)

// Cause is who or what brings a change about.
type Cause struct {
	Kind string // "key", "user", "system", "channel"
	Name string
}

// The causes that are not people or keys.
var (
	causeQuery  = Cause{"system", "query"}
	causeExpiry = Cause{"system", "expiry"}
	causeRefund = Cause{"system", "refund"}
	// causeReconcile marks what it brings about as recovered.
	causeReconcile = Cause{"system", "reconciliation"}
)

type causeKey struct{}

// WithCause returns a context whose changes are attributed to c.
func WithCause(ctx context.Context, c Cause) context.Context {
	return context.WithValue(ctx, causeKey{}, c)
}

func causeFrom(ctx context.Context) Cause {
	if c, ok := ctx.Value(causeKey{}).(Cause); ok {
		return c
	}
	return Cause{"system", "platform"}
}

// recovering reports whether a channel's bill is why the context's changes are
// made.
func recovering(ctx context.Context) bool { return causeFrom(ctx) == causeReconcile }

const maxTimelineText = 16 << 10

// entry makes a row about an attempt, attributed to the context's cause.
func entry(ctx context.Context, at app.Millis, a Attempt, kind Kind, message string, args map[string]string) Entry {
	cause := causeFrom(ctx)
	e := Entry{
		ID:         app.NewID(app.PrefixTimeline, at.Time()),
		MerchantID: a.MerchantID, PaymentID: a.PaymentID, AttemptID: a.ID, At: at, Kind: kind,
		ActorKind: cause.Kind, ActorName: cause.Name, Message: message, Args: "{}",
		Result: ResultOK, RequestID: app.RequestID(ctx),
	}
	if len(args) > 0 {
		e.Args = encodeArgs(args)
	}
	return e
}

func encodeArgs(args map[string]string) string {
	b, err := json.Marshal(args)
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return string(b)
}

// stateEntry tells a change of state.
func stateEntry(ctx context.Context, at app.Millis, a Attempt, from, to Status) Entry {
	return entry(ctx, at, a, KindState, "state."+string(to), map[string]string{"from": string(from), "to": string(to)})
}

// recording collects the exchanges of one channel call as timeline rows.
type recording struct {
	row     Entry // who calls about what, from when
	start   time.Time
	entries []Entry
}

// record returns a context under which channel calls are collected. The caller
// writes the rows with its next transaction.
func record(ctx context.Context, now app.Millis, a Attempt) (context.Context, *recording) {
	start := time.Now()
	r := &recording{row: entry(ctx, now, a, KindChannelCall, "", nil), start: start}
	return channel.WithRecorder(ctx, r.add), r
}

func (r *recording) add(x channel.Exchange) {
	e := r.row
	e.At = r.row.At.Add(time.Since(r.start))
	e.ID = app.NewID(app.PrefixTimeline, e.At.Time())
	e.Message = "channel." + x.Operation
	e.Args = encodeArgs(map[string]string{"endpoint": x.Method + " " + x.URL, "status": strconv.Itoa(x.Status)})
	e.DurationMS = x.Duration.Milliseconds()
	e.Request, e.Response = clip(x.Request), clip(x.Response)
	if x.Err != nil || x.Status >= http.StatusInternalServerError {
		e.Result = ResultUnknown
		if e.Response == "" && x.Err != nil {
			e.Response = clip(x.Err.Error())
		}
	} else if x.Status >= http.StatusBadRequest {
		e.Result = ResultRefused
	}
	r.entries = append(r.entries, e)
}

// Timeline returns a payment's rows, oldest first, at most 500.
func (s *Service) Timeline(ctx context.Context, scope Scope, paymentID string) ([]Entry, error) {
	return s.store.timeline(ctx, s.DB, scope.MerchantID, paymentID)
}

// writeTimeline stores rows outside any other transaction, for calls that
// changed no state.
func (s *Service) writeTimeline(ctx context.Context, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return s.store.insertTimeline(ctx, tx, entries) })
}

// clip bounds a text and replaces bytes that are not UTF-8: a channel's garbage
// must not keep us from recording it.
func clip(s string) string {
	if len(s) > maxTimelineText {
		s = s[:maxTimelineText] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
