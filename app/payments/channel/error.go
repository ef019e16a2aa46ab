package channel

import (
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Kind is what a channel's failure lets us conclude.
type Kind string

// The kinds. Only a verified answer is certain; all else is KindUnknown.
const (
	KindUnknown     Kind = "unknown"      // timeout, 5xx, garbage, unverified: it may have happened
	KindRefused     Kind = "refused"      // it certainly did not happen
	KindNotExist    Kind = "not_exist"    // the channel does not know the number
	KindPaid        Kind = "paid"         // the order is paid already
	KindClosed      Kind = "closed"       // the order is closed already
	KindNumberUsed  Kind = "number_used"  // the number stands for another order
	KindRateLimited Kind = "rate_limited" // not taken now; ask more slowly
	KindConfig      Kind = "config"       // our credentials cannot work; nothing was sent
	KindForged      Kind = "forged"       // a notification nobody we know has signed
	KindHeld        Kind = "held"         // our own guard held the call back; nothing was sent
	KindNotReady    Kind = "not_ready"    // a bill that is not published yet: ask later
	KindNoBill      Kind = "no_bill"      // there is no bill of the day: nothing moved
	KindCorrupt     Kind = "corrupt"      // a bill arrived whose bytes are not what the channel announced
)

// Error is a channel's failure. Code and Message are the channel's own words.
type Error struct {
	Kind    Kind
	Channel app.Channel
	Code    string
	Message string
	Status  int // HTTP status; 0 when none
	// Reason says what the failure most likely means for somebody who set the
	// account up: a Reason… of this package or of the adapter's, "" where neither
	// knows. It is advice, never proof: unverified answers have one too.
	Reason string
	// RetryAfter is how long to wait before asking again, for KindHeld and
	// KindRateLimited; 0 when nothing is known.
	RetryAfter time.Duration
	// About is our number of the order that a KindForged message names although
	// nothing it says may be believed; "" for any but WeChat's probes.
	About string
	Cause error
}

// Error describes the failure for logs.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Channel, e.Kind)
	if e.Code != "" || e.Message != "" {
		s += fmt.Sprintf(" (%s %s)", e.Code, e.Message)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of a channel's error: KindUnknown for any other
// error, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindUnknown
}
