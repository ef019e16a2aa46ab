package paymentstest

import (
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Results remembers what became of notifications, and which calls were made.
type Results struct {
	sync.Mutex
	notifications []string
	calls         map[string]int
}

// ChannelCall implements payments.Observer.
func (r *Results) ChannelCall(c app.Channel, operation string, _ channel.Kind, _ time.Duration) {
	r.Lock()
	defer r.Unlock()
	if r.calls == nil {
		r.calls = map[string]int{}
	}
	r.calls[string(c)+" "+operation]++
}

// Calls returns how often the channel was asked for an operation, such as
// "query".
func (r *Results) Calls(c app.Channel, operation string) int {
	r.Lock()
	defer r.Unlock()
	return r.calls[string(c)+" "+operation]
}

// Notification implements payments.Observer.
func (r *Results) Notification(_ app.Channel, result string) {
	r.Lock()
	defer r.Unlock()
	r.notifications = append(r.notifications, result)
}

// Forget empties the list.
func (r *Results) Forget() { r.Lock(); defer r.Unlock(); r.notifications = nil }

// Last returns the last result, "" without any.
func (r *Results) Last() string {
	r.Lock()
	defer r.Unlock()
	if len(r.notifications) == 0 {
		return ""
	}
	return r.notifications[len(r.notifications)-1]
}
