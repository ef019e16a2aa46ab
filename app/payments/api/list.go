package api

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// page is one page of any list.
type page[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor"`
}

func cursor(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// pageOf makes a page of rows that were read with one more than limit.
func pageOf[R, V any](rows []R, limit int, view func(R) V, key func(R) string) page[V] {
	p := page[V]{Data: make([]V, 0, min(len(rows), limit))}
	if len(rows) > limit {
		rows = rows[:limit]
		p.NextCursor = cursor(key(rows[limit-1]))
	}
	for _, r := range rows {
		p.Data = append(p.Data, view(r))
	}
	return p
}

// stamp renders a time as the API shows it; nil for never.
func stamp(m app.Millis) *string {
	if m == 0 {
		return nil
	}
	s := m.Time().In(app.Beijing).Format(time.RFC3339)
	return &s
}

func (a *API) listPayments(c *fiber.Ctx) error {
	q := queryOf(c)
	f := payments.Filter{
		OrderNo:   q.text("order_no"),
		Status:    payments.Status(q.oneOf("status", func(s string) bool { return payments.Status(s).Valid() })),
		Method:    channel.Method(q.oneOf("method", func(s string) bool { return channel.Method(s).Channel() != "" })),
		Channel:   app.Channel(q.oneOf("channel", func(s string) bool { return app.Channel(s).Valid() })),
		AccountID: q.text("account_id"),
		From:      q.time("created_from"), To: q.time("created_to"),
		Limit: q.limit(), Before: q.id("cursor", app.PrefixPayment),
	}
	if err := q.done(); err != nil {
		return err
	}
	found, err := a.Payments.List(c.UserContext(), scope(c), f)
	if err != nil {
		return err
	}
	views, err := a.Payments.Views(c.UserContext(), found.Payments)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, page[payments.View]{Data: views, NextCursor: cursor(found.Next)})
}
