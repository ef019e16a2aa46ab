package payments

import (
	"time"

	"github.com/piaohao/piaohao/app"
)

// queryAges are the ages at which an order without a notification is asked
// about; after the last, every queryEvery.
var queryAges = []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}

const (
	queryEvery = 10 * time.Minute
	// On a deaf account young payments are asked more often: nobody else tells.
	deafEvery = 10 * time.Second
	deafAge   = 5 * time.Minute
	// A payment code that waits for its payer is asked about every few seconds, as
	// both channels want it, and undone as insistently, at first.
	codeEvery = 4 * time.Second
	codeHaste = 10 * time.Minute
	// askPause is the least time between two queries that readers trigger.
	askPause = 5 * time.Second
)

// nextQuery returns when to ask about an attempt next, 0 when no more. It never
// lets the expiry pass unasked.
func nextQuery(a Attempt, now app.Millis, deaf bool) app.Millis {
	if a.Status == StatusSucceeded {
		return 0
	}
	age := time.Duration(now-a.CreatedAt) * time.Millisecond
	if byCode(a.Method) && a.Status.Open() && age < codeHaste {
		return now.Add(codeEvery)
	}
	next := now.Add(queryEvery)
	for _, at := range queryAges {
		if at > age {
			next = a.CreatedAt.Add(at)
			break
		}
	}
	if deaf && age < deafAge {
		next = min(next, now.Add(deafEvery))
	}
	if a.Status == StatusClosed || a.Status == StatusFailed {
		if next > a.ExpiresAt+keepAsking {
			return 0
		}
		return next
	}
	if now < a.ExpiresAt {
		next = min(next, a.ExpiresAt)
	} else {
		// Expired and still open: the close did not get through. Insist.
		next = min(next, now.Add(30*time.Second))
	}
	return next
}
