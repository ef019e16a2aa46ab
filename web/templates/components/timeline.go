package components

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
)

// Entry is one row of a payment's story. It mirrors the stored row: Message is
// a stable key such as "state.succeeded", Args fill its sentence.
type Entry struct {
	ID string
	At app.Millis
	// Kind is api, channel_call, state, notification, person, webhook or reconcile.
	Kind    string
	Message string
	Args    map[string]string
	// Result is ok, refused, unknown, rejected or differs.
	Result string
	// ActorKind is key, user, system or channel; ActorName a key's prefix, an
	// e-mail address, a job or a channel.
	ActorKind, ActorName string
	Duration             time.Duration // 0 when nothing was called
	RequestID            string
	// Request and Response are redacted; empty when there is none.
	Request, Response string
	// Code is a channel's own code of what it refused; empty for none. Meaning
	// says what it means and what to do.
	Code string
	// Quote is the other side's own words, untranslated.
	Quote string
	// Facts are what else is known of a request, such as its address, its
	// Idempotency-Key, what was called, and what was answered.
	Facts []StepFact
	// NextAt is when it will be tried again; 0 for never.
	NextAt app.Millis
	// Curl repeats the request from a shell, without secrets; empty for none.
	Curl string
	// Href leads to the thing itself, such as a delivery; empty for none.
	Href string
	// ToldOf is when the event of a webhook was made; 0 for everything else.
	ToldOf app.Millis
	// Resend sends a webhook once more; nil where the reader may not, or a later
	// row is about the same delivery.
	Resend *Resend
}

// StepFact is a value under a label: Key is that of the label's sentence, with
// the value in it, and "" where the value speaks for itself.
type StepFact struct{ Key, Value string }

// Resend is the form that has a delivery made again.
type Resend struct {
	Path, CSRF string
	Next       string // the page to come back to
}

// sentence translates the row. A message without a sentence of its own gets
// that of its kind, with the message beside it.
func (e Entry) sentence(ctx context.Context) string {
	key := "timeline." + e.Message
	if e.Message == "refund.requested" && e.Args["status"] == "awaiting_approval" {
		key += "_for_approval"
	}
	if !i18n.Has(ctx, key) {
		return i18n.T(ctx, "timeline.unknown", "kind", i18n.T(ctx, "timeline_kind."+e.Kind), "message", e.Message)
	}
	args := make([]any, 0, 2*len(e.Args))
	for name, value := range e.Args {
		args = append(args, name, e.argument(ctx, name, value))
	}
	return strings.TrimSpace(i18n.T(ctx, key, args...))
}

// ofRefund reports whether the row tells of a refund.
func (e Entry) ofRefund() bool { return strings.HasPrefix(e.Message, "refund.") }

// argument translates the arguments that are words of ours.
func (e Entry) argument(ctx context.Context, name, value string) string {
	switch {
	case !e.ofRefund():
		return argument(ctx, name, value)
	case name == "amount":
		return fen(value)
	}
	return wordOf(ctx, refundWordsOf[name], value)
}

func argument(ctx context.Context, name, value string) string {
	if name == "expires_at" {
		return dayOf(value)
	}
	return wordOf(ctx, wordsOf[name], value)
}

func wordOf(ctx context.Context, prefix, value string) string {
	if prefix == "" || !i18n.Has(ctx, prefix+value) {
		return value
	}
	return i18n.T(ctx, prefix+value)
}

// The keys' starts of the arguments that are words of ours. A refund's reason is
// a person's own words.
var (
	wordsOf = map[string]string{
		"from": "payment_status.", "to": "payment_status.", "method": "method.",
		"reason": "quarantine.", "found": "key_kind.", "channel": "channel.", "outcome": "notice_outcome.",
		"kind": "line_kind.", "class": "bill_class.",
	}
	refundWordsOf = map[string]string{"from": "refund_status.", "to": "refund_status."}
)

// fen writes an amount that was recorded in fen.
func fen(value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return app.Money(n).String()
}

// dayOf turns an RFC 3339 time into its day in UTC+8.
func dayOf(value string) string {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return value
	}
	return Day(app.ToMillis(t))
}

// meaning is our sentence about a channel's code, and what to do about it; ""
// where we know no more than the channel said.
func (e Entry) meaning(ctx context.Context) string {
	if e.Code == "" {
		return ""
	}
	for _, part := range e.meanings() {
		if key := part + CodeKey(e.Code); i18n.Has(ctx, key) {
			return i18n.T(ctx, key)
		}
	}
	return ""
}

// meanings are the parts of the catalogue that may know a code of the row, the
// nearest first. What an order's code tells to do does not hold for a refund's.
func (e Entry) meanings() []string {
	switch e.Message {
	case "channel.pay":
		return []string{"payment_error.", "call_error."}
	case "channel.refund", "channel.query_refund":
		return []string{"refund_error.", "call_error."}
	}
	return []string{"call_error."}
}

// CodeKey is the end of a message's key for a channel's code.
func CodeKey(code string) string { return strings.NewReplacer(".", "_", "-", "_").Replace(code) }

// actor names who acted.
func (e Entry) actor(ctx context.Context) string {
	switch e.ActorKind {
	case "system":
		if key := "actor_system." + e.ActorName; i18n.Has(ctx, key) {
			return i18n.T(ctx, key)
		}
		return i18n.T(ctx, "actor.system")
	case "channel":
		if key := "channel." + e.ActorName; i18n.Has(ctx, key) {
			return i18n.T(ctx, key)
		}
		return e.ActorName
	case "key":
		return i18n.T(ctx, "actor.key", "prefix", e.ActorName)
	}
	return e.ActorName
}

// direction is the key of which way the row went.
func (e Entry) direction() string {
	switch e.Kind {
	case "api", "notification":
		return "direction.in"
	case "channel_call", "webhook":
		return "direction.out"
	}
	return ""
}

// tone shows a state change by the state it leads to, all else by its result.
func (e Entry) tone() Tone {
	switch {
	case e.ofRefund() && e.Result == "ok" && e.Args["to"] != "":
		return RefundTone(e.Args["to"])
	case e.Kind == "state" && e.Result == "ok":
		return PaymentTone(e.Args["to"])
	}
	if e.Result == "ok" {
		return Plain
	}
	return ResultTone(e.Result)
}

// opens reports whether there is more to see.
func (e Entry) opens() bool { return e.Request != "" || e.Response != "" || e.Curl != "" }

// days groups entries, which come oldest first, by their day in UTC+8.
func days(entries []Entry) [][]Entry {
	var out [][]Entry
	for _, e := range entries {
		if n := len(out); n > 0 && Day(out[n-1][0].At) == Day(e.At) {
			out[n-1] = append(out[n-1], e)
		} else {
			out = append(out, []Entry{e})
		}
	}
	return out
}
