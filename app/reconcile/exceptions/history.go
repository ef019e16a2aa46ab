package exceptions

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
)

// Event is what happened to an exception.
type Event string

// The events.
const (
	EventFiled     Event = "filed"
	EventSeen      Event = "seen"    // a further execution found it again
	EventChanged   Event = "changed" // and with other amounts or evidence
	EventCleared   Event = "cleared"
	EventReopened  Event = "reopened"
	EventAssigned  Event = "assigned"
	EventCommented Event = "commented"
	EventProposed  Event = "proposed"
	EventApproved  Event = "approved"
	EventRejected  Event = "rejected"
	EventWithdrawn Event = "withdrawn" // by who proposed it, or by the system
	EventApplied   Event = "applied"
	EventFailed    Event = "failed" // approved, and could not be carried out
)

// Events lists every event.
var Events = []Event{
	EventFiled, EventSeen, EventChanged, EventCleared, EventReopened, EventAssigned, EventCommented,
	EventProposed, EventApproved, EventRejected, EventWithdrawn, EventApplied, EventFailed,
}

// Entry is one row of an exception's history, which only grows.
type Entry struct {
	ID          string
	ExceptionID string
	Version     int64 // that the exception has since; rows are ordered by it, and by id
	At          app.Millis
	Event       Event
	Actor       audit.Actor // of a request, its address left out
	RequestID   string      // "" outside of one
	From, To    Status      // the same when it stayed
	Note        string      // a person's words
	Args        map[string]string
}

// maxNote bounds what a person writes, in characters.
const maxNote = 500

// runner is who acts when an execution of a run files.
var runner = audit.System("reconciliation")

// entry makes a row about e, attributed to the context's actor.
func entry(ctx context.Context, now app.Millis, e Exception, event Event, from Status, note string, args map[string]string) Entry {
	actor := audit.ActorFrom(ctx)
	if actor == (audit.Actor{}) {
		actor = runner
	}
	return Entry{
		ID: app.NewID(app.PrefixTimeline, now.Time()), ExceptionID: e.ID, Version: e.Version, At: now, Event: event, Actor: actor,
		RequestID: clip(app.RequestID(ctx), 128), From: from, To: e.Status, Note: note, Args: args,
	}
}

// then makes e the row behind the one before it, of the same change.
func (e Entry) then(before Entry) Entry {
	id, err := ulid.ParseStrict(strings.TrimPrefix(before.ID, app.PrefixTimeline))
	if err != nil {
		panic(err) // made by entry
	}
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	e.ID = app.PrefixTimeline + id.String()
	return e
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, integers and times always marshal
	}
	return string(b)
}

// clip keeps a text within its column.
func clip(s string, runes int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= runes {
		return s
	}
	r := []rune(s)
	return string(r[:min(len(r), runes)])
}
