package console

import (
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/match"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// places tells where a payment and its refunds stand in reconciliation.
func (c *Console) places(r *request, p payments.Payment, refunds []payments.Refund) ([]reconcile.Place, error) {
	attempts, err := c.Payments.AttemptsOf(r.ctx, r.scope(), p.ID)
	if err != nil {
		return nil, err
	}
	var objects []reconcile.Object
	for _, a := range attempts {
		if a.PaidAt != 0 {
			objects = append(objects, reconcile.Object{
				Channel: a.Channel, Identity: a.Identity, SubIdentity: a.SubIdentity, Kind: channel.LinePayment, Number: a.ID, Day: app.DayOf(a.PaidAt.Time()),
			})
		}
	}
	return c.placesOf(r, append(objects, billedRefunds(refunds)...))
}

func (c *Console) placesOf(r *request, objects []reconcile.Object) ([]reconcile.Place, error) {
	found, err := c.Reconcile.Find(r.ctx, r.scope(), objects[:min(len(objects), mostPlaces)])
	if lost(err) {
		return nil, nil // the run's own page tells of it
	}
	return found, err
}

// billedRefunds are the refunds that a bill has, or is to have.
func billedRefunds(refunds []payments.Refund) []reconcile.Object {
	var objects []reconcile.Object
	for _, f := range refunds {
		if at := billedAt(f); at != 0 && f.Number != "" {
			objects = append(objects, reconcile.Object{
				Channel: f.Channel, Identity: f.Identity, SubIdentity: f.SubIdentity, Kind: channel.LineRefund, Number: f.Number, Day: app.DayOf(at.Time()),
			})
		}
	}
	return objects
}

// mostPlaces is how many of a payment's orders and refunds are looked for.
const mostPlaces = 100

// billedAt is the time by which a channel's bill dates a refund: WeChat's by its
// acceptance, Alipay's by its completion; 0 while it is in none.
func billedAt(f payments.Refund) app.Millis {
	if f.Channel == app.Alipay {
		return f.SucceededAt
	}
	return f.AcceptedAt
}

// reconcileEntries are the rows of a payment's story that tell of its bills.
func (c *Console) reconcileEntries(r *request, places []reconcile.Place) []components.Entry {
	var out []components.Entry
	for i, place := range places {
		if e, told := c.reconcileEntry(r, place); told {
			e.ID = "reconcile-" + strconv.Itoa(i)
			out = append(out, e)
		}
	}
	return out
}

// reconcileEntry tells where one object stands; nothing is told of what no bill
// is expected for.
func (c *Console) reconcileEntry(r *request, place reconcile.Place) (components.Entry, bool) {
	e := components.Entry{Kind: "reconcile", Result: "ok", ActorKind: "system", ActorName: "reconcile", Args: map[string]string{
		"kind": string(place.Kind), "day": string(place.Day), "channel": string(place.Channel),
	}}
	if place.Run != nil && place.Item != nil {
		e.At, e.Args["day"] = place.Run.EndedAt, string(place.Run.Day)
		e.Href = r.to().Run(place.Run.ID)
	}
	switch {
	case place.Item == nil && place.ExpectedAt == 0:
		return e, false
	case place.Item == nil:
		ten := app.ToMillis(place.Day.Next().Start().Add(10 * time.Hour)) // when the sentence says
		e.At, e.Message = max(place.ExpectedAt, ten, app.ToMillis(c.Clock.Now())), "reconcile.expected"
		return e, true
	case place.Item.Class == match.InTransit:
		e.Message, e.NextAt = "reconcile.in_transit", place.ExpectedAt
	case place.Item.Line == nil:
		e.Message, e.Result = "reconcile.missing", "differs"
		e.Href = routes.With(r.to().Exceptions(), "q", place.Number)
	default:
		e.Message = "reconcile.matched"
		lineArgs(e.Args, *place.Item.Line)
		e.Href = r.to().RunBill(place.Run.ID, string(channel.BillTrades), place.Item.Line.Row)
		if place.Item.Class != match.Matched {
			e.Message, e.Result, e.Args["class"] = "reconcile.differs", "differs", string(place.Item.Class)
			e.Href = routes.With(r.to().Exceptions(), "q", place.Number)
		}
		if place.Item.Record != nil && place.Item.Record.Recovered {
			e.Message += "_recovered"
		}
	}
	return e, true
}

// lineArgs are the facts of a bill's line: a refund's amounts go back.
func lineArgs(args map[string]string, l match.Line) {
	net := l.Settlement - l.Fee.Round()
	args["line"], args["amount"], args["fee"], args["net"] = strconv.Itoa(l.Row), l.Amount.String(), l.Fee.Round().String(), net.String()
}

// billed fills in what the channel took of a payment and what is left, once a
// bill has told it.
func billed(view *pages.Payment, p payments.Payment, places []reconcile.Place) {
	for _, place := range places {
		if place.Number != p.PaidAttemptID || place.Item == nil || place.Item.Line == nil {
			continue
		}
		l := place.Item.Line
		view.Billed, view.Fee, view.Net = true, l.Fee.Round(), l.Settlement-l.Fee.Round()
		if l.HasRate {
			view.Rate = l.Rate.String()
		}
	}
}
