package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/events"
)

// payload is an event exactly as webhooks carry it.
func payload(e events.Event) json.RawMessage { return json.RawMessage(e.Payload) }

func (a *API) listEvents(c *fiber.Ctx) error {
	q, s := queryOf(c), scope(c)
	limit := q.limit()
	f := events.Filter{
		MerchantID: s.MerchantID, Mode: s.Mode, Type: q.text("type"), ObjectID: q.text("object_id"),
		Before: int64(q.number("cursor")), Limit: limit + 1,
	}
	if err := q.done(); err != nil {
		return err
	}
	rows, err := a.Events.List(c.UserContext(), f)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, pageOf(rows, limit, payload, func(e events.Event) string { return strconv.FormatInt(e.Seq, 10) }))
}

func (a *API) getEvent(c *fiber.Ctx) error {
	s := scope(c)
	e, err := a.Events.Get(c.UserContext(), s.MerchantID, s.Mode, c.Params("id"))
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, payload(e))
}
