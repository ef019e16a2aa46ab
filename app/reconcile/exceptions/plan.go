package exceptions

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// Proposal is how a person would end an exception.
type Proposal struct {
	Resolution Resolution
	Reason     string    // required, at most 500 characters
	Amount     app.Money // of a write-off or refund; 0 is all of the difference
	Link       string    // any number of the payment that explains the money
	// Version is the exception's as the person saw it; 0 does not ask.
	Version int64
	By      approvals.Person
}

// Linked is the payment that explains foreign money.
type Linked struct {
	ID      string
	OrderNo string
	Amount  app.Money
	Status  payments.Status
}

// Consequence is one thing that a resolution will do. Key names a translated
// sentence, Args are its facts.
type Consequence struct {
	Key  string
	Args map[string]string
}

// Plan is what a resolution will do. Nothing of it is done before a second
// person approves.
type Plan struct {
	Resolution  Resolution
	Amount      app.Money // of a write-off or refund, positive; 0 otherwise
	Linked      *Linked   // of a link
	Adjustments []Adjustment
	// Refundable is what can still be given back of the payment, for a refund.
	Refundable   app.Money
	Consequences []Consequence
}

// Offer is a resolution that fits an exception, and what it would do. Why it
// cannot be chosen now is in Err; a link is offered before it is known to which
// payment.
type Offer struct {
	Plan
	Err error
}

// Offers returns what can be proposed about an open exception, each with its
// consequences.
func (s *Service) Offers(ctx context.Context, scope Scope, e Exception) ([]Offer, error) {
	var out []Offer
	for _, r := range e.Offers() {
		plan, err := s.plan(ctx, s.DB, scope, e, Proposal{Resolution: r})
		if code := app.CodeOf(err); err != nil && code != app.Invalid && code != app.Conflict {
			return nil, err
		}
		plan.Resolution = r
		if r == Link { // to which payment is chosen with it
			err = nil
			plan.Adjustments = e.bookings(r, 0)
			plan.Consequences = e.consequences(plan)
		}
		out = append(out, Offer{Plan: plan, Err: err})
	}
	return out, nil
}

// Preview returns what the proposal would do, without doing it. Errors: Invalid,
// the fields named; NotFound; Conflict with reason exception_not_open,
// exception_changed, period_locked, payment_not_refundable or
// refund_exceeds_remainder.
func (s *Service) Preview(ctx context.Context, scope Scope, id string, p Proposal) (Plan, error) {
	e, err := s.store.get(ctx, s.DB, scope, id)
	if err != nil {
		return Plan{}, err
	}
	if err := e.admits(p); err != nil {
		return Plan{}, err
	}
	if p.Link, err = s.paymentNumbered(ctx, scope, e, p); err != nil {
		return Plan{}, err
	}
	return s.plan(ctx, s.DB, scope, e, p)
}

// admits checks whether anything can be proposed about the exception now.
func (e Exception) admits(p Proposal) error {
	if e.Status != Open {
		return app.Errorf(app.Conflict, "exception %s is %s: only an open one can be resolved", e.ID, e.Status).WithReason("exception_not_open").WithDetail("status", string(e.Status))
	}
	if p.Version != 0 && p.Version != e.Version {
		return changed(e.ID)
	}
	return nil
}

func changed(id string) error {
	return app.Errorf(app.Conflict, "exception %s has changed meanwhile: look at it again", id).WithReason("exception_changed").WithDetail("exception_id", id)
}

// plan works out what the proposal does to the exception as it stands.
func (s *Service) plan(ctx context.Context, q db.Querier, scope Scope, e Exception, p Proposal) (Plan, error) {
	plan := Plan{Resolution: p.Resolution}
	if !slices.Contains(e.Offers(), p.Resolution) {
		return plan, app.InvalidField("resolution", "bad_value", "%s is not offered for this exception", p.Resolution)
	}
	if err := s.unlocked(ctx, q, scope, e.Day); err != nil {
		return plan, err
	}
	var err error
	if plan.Amount, err = e.amountOf(p); err != nil {
		return plan, err
	}
	switch p.Resolution {
	case Refund:
		if plan.Refundable, err = s.refundable(ctx, q, scope, e, plan.Amount); err != nil {
			return plan, err
		}
	case Link:
		if plan.Linked, err = s.linked(ctx, q, scope, p.Link); err != nil {
			return plan, err
		}
	}
	plan.Adjustments = e.bookings(p.Resolution, plan.Amount)
	plan.Consequences = e.consequences(plan)
	return plan, nil
}

// amountOf is the amount of a write-off or refund.
func (e Exception) amountOf(p Proposal) (app.Money, error) {
	whole := e.magnitude()
	switch {
	case p.Resolution != WriteOff && p.Resolution != Refund:
		if p.Amount != 0 {
			return 0, app.InvalidField("amount", "not_allowed", "only a write-off or a refund has an amount")
		}
		return 0, nil
	case p.Amount == 0:
		return whole, nil
	case p.Amount < 0 || p.Amount > whole:
		return 0, app.InvalidField("amount", "out_of_range", "the amount must be between 0.01 and %s yuan, the difference", whole.Yuan())
	}
	return p.Amount, nil
}

// unlocked refuses to book anything in a closed month.
func (s *Service) unlocked(ctx context.Context, q db.Querier, scope Scope, day app.Day) error {
	if s.Periods == nil {
		return nil
	}
	locked, err := s.Periods.Locked(ctx, q, scope, day)
	if err == nil && locked {
		err = app.Errorf(app.Conflict, "the month of %s is closed: it must be opened again first", day).WithReason("period_locked").WithDetail("day", string(day))
	}
	return err
}

// refundable returns what can still be given back of the payment, or why the
// amount cannot.
func (s *Service) refundable(ctx context.Context, q db.Querier, scope Scope, e Exception, amount app.Money) (app.Money, error) {
	left, err := s.Payments.Refundable(ctx, q, scope, e.PaymentID, e.paidAttempt())
	if err == nil && amount > left {
		err = app.Errorf(app.Conflict, "%d fen of payment %s can still be refunded, %d were asked for", left, e.PaymentID, amount).
			WithReason("refund_exceeds_remainder").WithDetail("payment_id", e.PaymentID)
	}
	return left, err
}

// paymentNumbered finds the id of the payment that a link names by a number of
// any kind; "" where nothing is linked.
func (s *Service) paymentNumbered(ctx context.Context, scope Scope, e Exception, p Proposal) (string, error) {
	number := strings.TrimSpace(p.Link)
	switch {
	case p.Resolution != Link && number != "":
		return "", app.InvalidField("link", "not_allowed", "only a link names a payment")
	case p.Resolution != Link:
		return "", nil
	case number == "":
		return "", app.InvalidField("link", "required", "name the payment by its id, the order number or the channel's number")
	}
	found, err := s.Payments.Find(ctx, scope, number, []payments.Payee{{Channel: e.Channel, Identity: e.Identity}})
	if err != nil {
		return "", err
	}
	switch {
	case len(found) == 0:
		return "", app.InvalidField("link", "unknown", "no payment of this merchant and mode has the number %s", clip(number, 64))
	case len(found) > 1:
		return "", app.InvalidField("link", "ambiguous", "%d payments have the number %s: name it by its id", len(found), clip(number, 64))
	}
	return found[0].ID, nil
}

// linked reads the payment of a link.
func (s *Service) linked(ctx context.Context, q db.Querier, scope Scope, id string) (*Linked, error) {
	if id == "" {
		return nil, app.InvalidField("link", "required", "name the payment by its id, the order number or the channel's number")
	}
	p, err := s.Payments.GetIn(ctx, q, scope, id)
	if err != nil {
		return nil, err
	}
	return &Linked{ID: p.ID, OrderNo: p.OrderNo, Amount: p.Amount, Status: p.Status}, nil
}

// consequences say what a plan does, in the order in which it happens.
func (e Exception) consequences(p Plan) []Consequence {
	var out []Consequence
	say := func(key string, args map[string]string) { out = append(out, Consequence{Key: key, Args: args}) }
	for _, a := range p.Adjustments {
		direction := "more"
		if a.Amount < 0 {
			direction = "less"
		}
		say(string(a.Kind)+"_"+direction, map[string]string{"amount": max(a.Amount, -a.Amount).String(), "day": string(e.Day)})
	}
	switch p.Resolution {
	case Refund:
		say("refund", map[string]string{"amount": p.Amount.String(), "order_no": e.OrderNo, "payment": e.PaymentID})
	case Link:
		if p.Linked != nil {
			say("linked", map[string]string{"order_no": p.Linked.OrderNo, "payment": p.Linked.ID, "amount": p.Linked.Amount.String()})
		}
	case Ignore:
		say("ignored", map[string]string{"amount": e.Difference.String(), "day": string(e.Day)})
	}
	if len(p.Adjustments) == 0 && p.Resolution != Ignore {
		say("nothing_booked", nil)
	}
	say("approval", nil)
	return out
}

// words checks a person's text.
func words(field, text string, required bool) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "" && required:
		return "", app.InvalidField(field, "required", "%s is required", field)
	case !utf8.ValidString(text), strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }):
		return "", app.InvalidField(field, "bad_characters", "%s holds characters that are no text", field)
	case utf8.RuneCountInString(text) > maxNote:
		return "", app.InvalidField(field, "too_long", "%s may have %d characters at most", field, maxNote)
	}
	return text, nil
}
