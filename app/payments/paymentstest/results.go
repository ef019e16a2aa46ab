package paymentstest

import (
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Results remembers what became of notifications.
type Results struct {
	sync.Mutex
	notifications []string
}

// ChannelCall implements payments.Observer.
func (r *Results) ChannelCall(app.Channel, string, channel.Kind, time.Duration) {}

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
