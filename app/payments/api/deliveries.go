package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/webhooks"
)

// deliveryView is a delivery as the API shows it.
type deliveryView struct {
	ID            string                  `json:"id"`
	EventID       string                  `json:"event_id"`
	EventType     string                  `json:"event_type"`
	EndpointID    string                  `json:"endpoint_id"`
	ObjectID      string                  `json:"object_id"`
	Status        webhooks.DeliveryStatus `json:"status"`
	Attempts      int64                   `json:"attempts"`
	LastCode      int64                   `json:"last_status_code"`
	LastError     string                  `json:"last_error,omitempty"`
	NextAttemptAt *string                 `json:"next_attempt_at"`
	CreatedAt     string                  `json:"created_at"`
	DeliveredAt   *string                 `json:"delivered_at"`
}

func viewDelivery(d webhooks.Delivery) deliveryView {
	v := deliveryView{
		ID: d.ID, EventID: d.EventID, EventType: d.EventType, EndpointID: d.EndpointID, ObjectID: d.ObjectID,
		Status: d.Status, Attempts: d.Attempts, LastCode: d.LastCode, LastError: d.LastError,
		CreatedAt: *stamp(d.CreatedAt), DeliveredAt: stamp(d.DeliveredAt),
	}
	if d.Status == webhooks.Pending {
		v.NextAttemptAt = stamp(d.NextAt)
	}
	return v
}

// attemptView is one request that was sent.
type attemptView struct {
	N          int64  `json:"n"`
	StartedAt  string `json:"started_at"`
	DurationMS int64  `json:"duration_ms"`
	StatusCode int64  `json:"status_code"`
	Error      string `json:"error,omitempty"`
	Response   string `json:"response"`
}

type deliveryDetail struct {
	deliveryView
	History []attemptView `json:"history"`
}

func (a *API) listDeliveries(c *fiber.Ctx) error {
	q, s := queryOf(c), scope(c)
	limit := q.limit()
	f := webhooks.Filter{
		MerchantID: s.MerchantID, Mode: s.Mode, EndpointID: q.text("endpoint_id"), EventType: q.text("event_type"),
		ObjectID: q.text("object_id"), EventID: q.text("event_id"), From: q.time("created_from"), To: q.time("created_to"),
		Status: webhooks.DeliveryStatus(q.oneOf("status", func(v string) bool {
			return v == string(webhooks.Pending) || v == string(webhooks.Succeeded) || v == string(webhooks.Dead)
		})),
		Before: q.id("cursor", app.PrefixDelivery), Limit: limit + 1,
	}
	if err := q.done(); err != nil {
		return err
	}
	rows, err := a.Webhooks.Deliveries(c.UserContext(), f)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, pageOf(rows, limit, viewDelivery, func(d webhooks.Delivery) string { return d.ID }))
}

func (a *API) getDelivery(c *fiber.Ctx) error {
	s := scope(c)
	d, err := a.Webhooks.Delivery(c.UserContext(), s.MerchantID, s.Mode, c.Params("id"))
	if err != nil {
		return err
	}
	attempts, err := a.Webhooks.Attempts(c.UserContext(), s.MerchantID, d.ID)
	if err != nil {
		return err
	}
	detail := deliveryDetail{deliveryView: viewDelivery(d), History: make([]attemptView, 0, len(attempts))}
	for _, at := range attempts {
		detail.History = append(detail.History, attemptView{N: at.N, StartedAt: *stamp(at.StartedAt), DurationMS: at.DurationMS, StatusCode: at.Code, Error: at.Error, Response: at.Response})
	}
	return write(c, http.StatusOK, detail)
}

func (a *API) redeliver(c *fiber.Ctx) error {
	s := scope(c)
	d, err := a.Webhooks.Redeliver(c.UserContext(), s.MerchantID, s.Mode, c.Params("id"))
	if err != nil {
		return err
	}
	return write(c, http.StatusAccepted, viewDelivery(d))
}
