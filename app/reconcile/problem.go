package reconcile

import (
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// broken is why an execution has no result, with the bill it is about.
type broken struct {
	Problem
	cause error
}

// Error describes it for logs.
func (b *broken) Error() string {
	if b.cause != nil {
		return b.Code + ": " + b.cause.Error()
	}
	return b.Code + ": " + b.Detail
}

// Unwrap returns the cause.
func (b *broken) Unwrap() error { return b.cause }

// about turns what fetching or reading a bill came to into a problem.
func about(kind channel.BillKind, err error) error {
	var file *channel.BillError
	if errors.As(err, &file) {
		return &broken{Problem{Code: file.Code, Kind: kind, Line: file.Line, Detail: file.Detail}, err}
	}
	var told *channel.Error
	if !errors.As(err, &told) {
		return err
	}
	p := Problem{Code: ProblemUnavailable, Kind: kind, Detail: words(told)}
	switch told.Kind {
	case channel.KindNotReady:
		p.Code = ProblemNotReady
	case channel.KindCorrupt:
		p.Code = ProblemCorrupt
	case channel.KindRefused:
		p.Code = ProblemRefused
	case channel.KindConfig:
		p.Code = ProblemNoAccount
	}
	return &broken{p, err}
}

// words are the channel's own.
func words(e *channel.Error) string {
	switch {
	case e.Code != "" && e.Message != "":
		return e.Code + " " + e.Message
	case e.Code+e.Message != "":
		return e.Code + e.Message
	case e.Cause != nil:
		return e.Cause.Error()
	}
	return string(e.Kind)
}

// problemOf is what a person is told about an error.
func problemOf(err error) Problem {
	var b *broken
	var e *app.Error
	switch {
	case errors.As(err, &b):
		return b.Problem
	case errors.As(err, &e) && e.Reason == "period_locked":
		return Problem{Code: ProblemLocked, Detail: e.Details["month"]}
	case errors.As(err, &e) && (e.Reason == "archive_missing" || e.Reason == "archive_altered"):
		return Problem{Code: ProblemArchive, Detail: e.Message}
	case errors.As(err, &e) && (e.Code == app.Unavailable || e.Code == app.OutcomeUnknown):
		return Problem{Code: ProblemUnavailable, Detail: e.Message}
	}
	return Problem{Code: ProblemInternal}
}

// pauses are the times to the next try, the last one for all that follow.
var (
	soon   = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute}
	later  = []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
	hourly = []time.Duration{10 * time.Minute, 30 * time.Minute, time.Hour}
)

// maxBroken is how often a file that was refused is fetched again by itself: for
// a day the channel may put it right, then a person must ask.
const maxBroken = 24

// pause is how long to wait after a problem met by the n-th try, and false when
// trying again by itself is of no use.
func (p Problem) pause(tries int64) (time.Duration, bool) {
	list := hourly
	switch p.Code {
	case ProblemTooMany, ProblemLocked:
		return 0, false
	case ProblemNotReady:
		list = later
	case ProblemUnavailable, ProblemInternal, ProblemArchive:
		list = soon
	case ProblemNoAccount, ProblemRefused:
		list = later
	default:
		if tries >= maxBroken {
			return 0, false
		}
	}
	return list[min(int(tries), len(list))-1], true
}
