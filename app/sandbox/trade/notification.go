package trade

import (
	"context"
	"net/http"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Kind is what a notification is about.
type Kind string

// The kinds.
const (
	KindPayment Kind = "payment"
	KindRefund  Kind = "refund"
	KindClose   Kind = "close" // it ended unpaid
)

// NotificationState is where a notification stands in the queue.
type NotificationState string

// The states. Dropped ones were never sent, by a planned fault; exhausted ones
// used up their retries.
const (
	Pending   NotificationState = "pending"
	Delivered NotificationState = "delivered"
	Dropped   NotificationState = "dropped"
	Exhausted NotificationState = "exhausted"
)

// Notification is one message to a merchant, with all its retries.
type Notification struct {
	ID         string            `db:"id"`
	Channel    app.Channel       `db:"channel"`
	MerchantID string            `db:"merchant_id"` // whose keys sign it: a provider's for its sub-merchants
	TradeID    string            `db:"trade_id"`
	Kind       Kind              `db:"kind"`
	ObjectID   string            `db:"object_id"`
	NotifyURL  string            `db:"notify_url"`
	State      NotificationState `db:"state"`
	Attempts   int               `db:"attempts"`
	NextAt     app.Millis        `db:"next_at"`
	CreatedAt  app.Millis        `db:"created_at"`
	FinishedAt app.Millis        `db:"finished_at"`
}

// Attempt is one sending of a notification and what came back.
type Attempt struct {
	ID             string     `db:"id"`
	NotificationID string     `db:"notification_id"`
	Number         int        `db:"number"`
	Fault          Fault      `db:"fault"`
	Replayed       bool       `db:"replayed"` // by a person, outside of the schedule
	Accepted       bool       `db:"accepted"`
	Status         int        `db:"status"`      // HTTP status; 0 without an answer
	Excerpt        string     `db:"excerpt"`     // the answer's beginning
	Problem        string     `db:"problem"`     // why there was no answer
	DurationMS     int64      `db:"duration_ms"` // milliseconds
	CreatedAt      app.Millis `db:"created_at"`
}

// Message is what a channel's package turns into a signed request.
type Message struct {
	Notification Notification
	Trade        Trade
	Refund       *Refund      // set when the notification is about one
	Merchant     Merchant     // the notification's
	Sub          *SubMerchant // the trade's, where Merchant is its provider
	// Fault is how this sending must go wrong, "" for not at all.
	Fault Fault
	Now   time.Time
}

// Announcer is how one channel notifies.
type Announcer struct {
	// Build makes the signed request at sending time.
	Build func(ctx context.Context, m Message) (*http.Request, error)
	// Accepts judges the merchant's answer.
	Accepts func(status int, body []byte) bool
	// Retries are the waits after the first, second, … failed sending.
	Retries []time.Duration
	// Timeout bounds one sending.
	Timeout time.Duration
	// Faults are those the channel's package acts upon.
	Faults []Fault
	// Ending are the types of trades that end by themselves at their expiry, and
	// whose end without payment is announced.
	Ending []string
	// Return is where the payer's browser goes after paying, "" for nowhere; nil
	// when the channel sends nobody back.
	Return func(ctx context.Context, m Message) (string, error)
	// Quit is where a payer goes who gives up, "" for nowhere; nil when the
	// channel does not know.
	Quit func(t Trade) string
}

// Announce registers a channel's way to notify. Call it before Run.
func (s *Service) Announce(channel app.Channel, a Announcer) { s.announcers[channel] = a }

// delay is how late delay_notification is.
const delay = time.Minute

// enqueue queues a notification in the transaction of what it announces. The
// faults that concern a notification as a whole are taken here.
func (s *Service) enqueue(ctx context.Context, tx *db.Tx, n Notification) error {
	if n.NotifyURL == "" {
		return nil
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	n.ID, n.State, n.NextAt, n.CreatedAt = app.NewID(app.PrefixNotification, now.Time()), Pending, now, now
	fault, err := takeFirst(ctx, tx, n.Channel, n.MerchantID, []Fault{DropNotification, DelayNotification})
	if err != nil {
		return err
	}
	switch fault {
	case DropNotification:
		n.State, n.FinishedAt = Dropped, now
	case DelayNotification:
		n.NextAt = now.Add(delay)
	}
	tx.AfterCommit(s.Wake)
	return insertNotification(ctx, tx, n)
}

// Notifications lists the newest notifications, at most limit, of one trade
// (its id) or, with tradeID empty, of all. before is the last id of the page
// before, or empty.
func (s *Service) Notifications(ctx context.Context, tradeID, before string, limit int) ([]Notification, error) {
	return selectNotifications(ctx, s.db, tradeID, before, limit)
}

// Notification returns one notification, or NotFound.
func (s *Service) Notification(ctx context.Context, id string) (Notification, error) {
	n, err := selectNotification(ctx, s.db, id)
	return n, notFound(err, "notification %q", id)
}

// AttemptsOf lists a notification's sendings, oldest first.
func (s *Service) AttemptsOf(ctx context.Context, notificationID string) ([]Attempt, error) {
	return selectAttempts(ctx, s.db, notificationID)
}
