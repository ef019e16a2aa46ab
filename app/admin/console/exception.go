package console

import (
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// exceptionPage is one exception, with what can be done about it.
func (c *Console) exceptionPage(r *request) error {
	view, err := c.exceptionView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.ExceptionPage(view))
}

func (c *Console) exceptionView(r *request) (pages.Exception, error) {
	id, err := r.id("exception", app.PrefixException)
	if err != nil {
		return pages.Exception{}, err
	}
	e, err := c.Exceptions.Get(r.ctx, r.scope(), id)
	if err != nil {
		return pages.Exception{}, err
	}
	s, err := c.shell(r, layout.NavExceptions)
	if err != nil {
		return pages.Exception{}, err
	}
	view := pages.Exception{
		Shell: s, ExceptionRow: c.exceptionRow(e), AccountID: e.AccountID, PaymentID: e.PaymentID, RefundID: e.RefundID, RunID: e.RunID,
		LineKind: string(e.Kind), Evidence: exceptionFacts(e), OpenedAt: e.OpenedAt, ClosedAt: e.ClosedAt, Version: e.Version,
		Reason: e.Reason, Amount: e.Amount, LinkedID: e.LinkedID, ProposedBy: personOf(e.ProposedBy), ProposedAt: e.ProposedAt,
		ApprovalID: e.ApprovalID, BatchID: e.BatchID, GivenBackID: e.GivenBackID, OwnerID: e.OwnerID,
	}
	view.Why = strings.Fields(e.Evidence.Extra["why"])
	if e.Evidence.Line != nil {
		view.FileRow = e.Evidence.Line.Row
	}
	return view, c.exceptionRest(r, e, &view)
}

// exceptionRest fills in what other rooms know, and what the reader may do.
func (c *Console) exceptionRest(r *request, e exceptions.Exception, view *pages.Exception) error {
	var err error
	if view.AccountName, err = c.accountName(r, e.AccountID); err != nil {
		return err
	}
	if e.LinkedID != "" {
		p, err := c.Payments.Get(r.ctx, r.scope(), e.LinkedID)
		if err != nil {
			return err
		}
		view.LinkedNo = p.OrderNo
	}
	if e.GivenBackID != "" {
		refund, err := c.Payments.GetRefund(r.ctx, r.scope(), e.GivenBackID)
		if err != nil {
			return err
		}
		view.RefundStatus = string(refund.Status)
	}
	history, err := c.Exceptions.History(r.ctx, r.scope(), e.ID)
	if err != nil {
		return err
	}
	for _, h := range history {
		view.History = append(view.History, pages.ExceptionEvent{At: h.At, Event: string(h.Event), Args: h.Args, By: actorOf(h.Actor), Note: h.Note})
	}
	if !view.Shell.Can.CasesResolve {
		return nil
	}
	if view.Owners, err = c.exceptionOwners(r); err != nil || e.Status != exceptions.Open {
		return err
	}
	offers, err := c.Exceptions.Offers(r.ctx, r.scope(), e)
	for _, o := range offers {
		view.Offers = append(view.Offers, c.offer(r, o))
	}
	return err
}

func actorOf(a audit.Actor) pages.Person { return pages.Person{Kind: a.Kind, Name: a.Name} }

func (c *Console) offer(r *request, o exceptions.Offer) pages.ResolutionOffer {
	out := pages.ResolutionOffer{Resolution: string(o.Resolution)}
	for _, what := range o.Consequences {
		out.Consequences = append(out.Consequences, pages.Consequence(what))
	}
	for _, why := range c.fieldErrors(r, o.Err) {
		out.Refused = why
	}
	return out
}

// exceptionFacts set what our books say beside what the bill says; what neither
// says is left out.
func exceptionFacts(e exceptions.Exception) []pages.ExceptionFact {
	line, ours := e.Evidence.Line, e.Evidence.Record
	facts := []pages.ExceptionFact{
		{Name: "amount", Ours: amount(e.Ours), Theirs: amount(e.Theirs), Differs: e.Ours != e.Theirs},
	}
	add := func(name, ours, theirs string, number bool) {
		if ours != "" || theirs != "" {
			facts = append(facts, pages.ExceptionFact{Name: name, Ours: ours, Theirs: theirs, Number: number, Differs: ours != "" && theirs != "" && ours != theirs})
		}
	}
	var o, t struct{ number, no, refund, refundNo, at, state, gross, fee, rate string }
	if ours != nil {
		o.number, o.no, o.refund = ours.AttemptID, ours.ChannelNo, ours.RefundID
		o.at, o.state, o.gross = when(ours.At.Time()), string(ours.State), amount(ours.Amount)
		if ours.Kind == channel.LineRefund {
			o.no, o.refundNo = "", ours.ChannelNo
		}
		if ours.HasContractRate {
			o.rate = ours.ContractRate.String()
		}
	}
	if fee := e.Evidence.Extra["fee_expected"]; fee != "" {
		o.fee = feeWords(fee)
	}
	if line != nil {
		t.number, t.no, t.refund, t.refundNo = line.Number, line.ChannelTradeNo, line.RefundNumber, line.ChannelRefundNo
		t.at, t.state, t.gross, t.fee = when(line.At), line.RawState, amount(line.Amount), feeWords(line.Fee.Yuan())
		if line.HasRate {
			t.rate = line.Rate.String()
		}
	}
	if e.Type == exceptions.FeeDiffers {
		add("gross", o.gross, t.gross, false)
	}
	add("number", o.number, t.number, true)
	add("channel_no", o.no, t.no, true)
	add("refund", o.refund, t.refund, true)
	add("channel_refund_no", o.refundNo, t.refundNo, true)
	facts = append(facts, stateFact(o.state, t.state, e.Type == exceptions.StateDiffers)...)
	add("at", o.at, t.at, false)
	add("fee", o.fee, t.fee, false)
	add("rate", o.rate, t.rate, false)
	add("about", e.Evidence.Extra["about"], "", true)
	return append(facts, extraFacts(e)...)
}

// feeWords writes a fee in yuan, of which bills give five places, without the
// zeros that follow the second.
func feeWords(yuan string) string {
	whole, places, found := strings.Cut(yuan, ".")
	if found && len(places) > 2 {
		yuan = whole + "." + places[:2] + strings.TrimRight(places[2:], "0")
	}
	return "¥" + yuan
}

// stateFact leaves our word and the channel's untranslated beside each other:
// that they differ in letters says nothing.
func stateFact(ours, theirs string, differs bool) []pages.ExceptionFact {
	if ours == "" && theirs == "" {
		return nil
	}
	return []pages.ExceptionFact{{Name: "state", Ours: ours, Theirs: theirs, Differs: differs}}
}

// extraFacts are what a whole file shows: what it states or books, and what its
// rows or the trades come to.
func extraFacts(e exceptions.Exception) []pages.ExceptionFact {
	x := e.Evidence.Extra
	var out []pages.ExceptionFact
	if sum := x["sum"]; sum != "" {
		out = append(out, pages.ExceptionFact{Name: "sum_" + sum, Ours: x["summed"], Theirs: x["stated"], Differs: true})
	}
	if part := x["part"]; part != "" {
		out = append(out, pages.ExceptionFact{Name: "part_" + part, Ours: "¥" + x["trades"], Theirs: "¥" + x["balance"], Differs: true})
	}
	if closed := x["closed"]; closed != "" {
		out = append(out, pages.ExceptionFact{Name: "closed", Ours: "¥" + closed + " (" + x["closed_on"] + ")"})
	}
	for _, name := range []string{"opening", "movements", "closing"} {
		if value := x[name]; value != "" {
			out = append(out, pages.ExceptionFact{Name: name, Theirs: "¥" + value})
		}
	}
	return out
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(app.Beijing).Format(time.DateTime)
}

// assignException gives one exception an owner.
func (c *Console) assignException(r *request) error {
	return c.changeException(r, "exception_assigned", func(view *pages.Exception) error {
		_, err := c.Exceptions.Assign(r.ctx, r.scope(), []string{view.ID}, r.owner())
		return err
	})
}

// commentException adds a person's words.
func (c *Console) commentException(r *request) error {
	return c.changeException(r, "exception_commented", func(view *pages.Exception) error {
		view.Comment = r.field("note")
		return c.Exceptions.Comment(r.ctx, r.scope(), view.ID, view.Comment)
	})
}

// proposeException has a second person decide how it ends.
func (c *Console) proposeException(r *request) error {
	return c.changeException(r, "exception_proposed", func(view *pages.Exception) error {
		view.Form = pages.ResolutionForm{Resolution: r.field("resolution"), Amount: r.field("amount"), Link: r.field("link"), Reason: r.field("why")}
		p := exceptions.Proposal{Resolution: exceptions.Resolution(view.Form.Resolution), Reason: view.Form.Reason, Version: whole(r.field("version")), By: r.person()}
		switch p.Resolution { // the other fields stand in the form for other choices
		case exceptions.WriteOff, exceptions.Refund:
			var ok bool
			if p.Amount, ok = readYuan(view.Form.Amount); !ok {
				return app.InvalidField("amount", "yuan", "amount must be decimal yuan")
			}
		case exceptions.Link:
			p.Link = view.Form.Link
		}
		_, err := c.Exceptions.Propose(r.ctx, r.scope(), view.ID, p)
		return err
	})
}

// changeException does something to the exception of the address, and shows its
// page again with what was wrong.
func (c *Console) changeException(r *request, note string, do func(*pages.Exception) error) error {
	view, err := c.exceptionView(r)
	if err != nil {
		return err
	}
	err = do(&view)
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.ExceptionPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Exception(view.ID), note)
}
