package console

import (
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func caseRoutes() []Route {
	const one = scoped + "/cases/:case"
	return []Route{
		get(scoped+"/cases", InMerchant, access.Exceptions, access.Read, (*Console).casesPage),
		get(one, InMerchant, access.Exceptions, access.Read, (*Console).casePage),
		post(one+"/recheck", InMerchant, access.Exceptions, access.Write, (*Console).recheckCase),
		post(one+"/resolve", InMerchant, access.Exceptions, access.Write, (*Console).resolveCase),
	}
}

const casesShown = 25

// casesPage lists the verified notifications that contradict our books: those
// that wait for somebody, or those that were dealt with.
func (c *Console) casesPage(r *request) error {
	s, err := c.shell(r, layout.NavCases)
	if err != nil {
		return err
	}
	f := payments.NoticeFilter{Resolved: r.query("state") == pages.CasesResolved, Limit: casesShown}
	if cursor := r.query("cursor"); app.ValidID(app.PrefixNotification, cursor) {
		f.Before = cursor
	}
	list, err := c.Payments.Notices(r.ctx, r.scope(), f)
	if err != nil {
		return err
	}
	view := pages.Cases{
		Shell: s, Resolved: f.Resolved,
		Pager: components.Pager{Path: r.OriginalURL(), Next: list.Next, Later: f.Before != "", Shown: len(list.Notices)},
	}
	for _, n := range list.Notices {
		view.Rows = append(view.Rows, c.caseRow(n))
	}
	return c.page(r, pages.CasesPage(view))
}

func (c *Console) caseRow(n payments.StoredNotice) pages.CaseRow {
	row := pages.CaseRow{
		ID: n.ID, Reason: n.Reason, Channel: n.Channel, PaymentID: n.PaymentID, ChannelTradeNo: n.ChannelTradeNo, Amount: n.Amount,
		ReceivedAt: n.ReceivedAt, Until: app.ToMillis(c.Clock.Now()), Outcome: string(n.Outcome), ResolvedBy: n.ResolvedBy, ResolvedAt: n.ResolvedAt,
	}
	if n.ResolvedAt != 0 {
		row.Until = n.ResolvedAt
	}
	return row
}

// casePage is one of them, with what each side says.
func (c *Console) casePage(r *request) error {
	view, err := c.caseView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.CasePage(view))
}

func (c *Console) caseView(r *request) (pages.Case, error) {
	id, err := r.id("case", app.PrefixNotification)
	if err != nil {
		return pages.Case{}, err
	}
	found, err := c.Payments.Case(r.ctx, r.scope(), id)
	if err != nil {
		return pages.Case{}, err
	}
	s, err := c.shell(r, layout.NavCases)
	if err != nil {
		return pages.Case{}, err
	}
	view := pages.Case{
		Shell: s, CaseRow: c.caseRow(found.StoredNotice), NoticeID: found.NoticeID, AccountID: found.AccountID, Plain: found.Plain,
		Note: found.Note, Recheckable: found.Recheckable(), Known: found.Ours != nil,
	}
	if view.AccountName, err = c.accountName(r, found.AccountID); err != nil {
		return view, err
	}
	if found.PaymentID != "" && s.Can.Payments {
		p, err := c.Payments.Get(r.ctx, r.scope(), found.PaymentID)
		if err != nil {
			return view, err
		}
		view.OrderNo, view.PaymentStatus = p.OrderNo, string(p.Status)
	}
	view.Evidence, err = c.evidence(r, found)
	return view, err
}

// evidence sets what our books say beside what the channel signed, fact by fact;
// what neither says is left out.
func (c *Console) evidence(r *request, found payments.Case) ([]pages.EvidenceRow, error) {
	ours, told := found.Ours, found.Told
	if ours == nil {
		ours = &payments.Evidence{}
	}
	rows := []pages.EvidenceRow{
		{Name: "number", Ours: ours.Number, Told: told.Number}, {Name: "amount", Ours: amount(ours.Amount), Told: amount(told.Amount)},
		{Name: "currency", Ours: ours.Currency, Told: told.Currency}, {Name: "trade_no", Ours: ours.TradeNo, Told: told.TradeNo},
		{Name: "app_id", Ours: ours.AppID, Told: told.AppID}, {Name: "identity", Ours: ours.Identity, Told: told.Identity},
		{Name: "sub_identity", Ours: ours.SubIdentity, Told: told.SubIdentity},
		{Name: "refund_no", Ours: ours.RefundNo, Told: told.RefundNo}, {Name: "refund_amount", Ours: amount(ours.RefundAmount), Told: amount(told.RefundAmount)},
		{Name: "channel_refund_no", Ours: ours.ChannelRefundNo, Told: told.ChannelRefundNo}, {Name: "refunded", Ours: amount(ours.Refunded), Told: amount(told.Refunded)},
		{Name: "state", Ours: ours.State, Told: told.State}, {Name: "refund_state", Ours: ours.RefundState, Told: told.RefundState},
	}
	if ours.AccountID != "" && ours.AccountID != told.AccountID && told.AccountID != "" {
		expected, err := c.accountName(r, ours.AccountID)
		if err != nil {
			return nil, err
		}
		arrived, err := c.accountName(r, told.AccountID)
		if err != nil {
			return nil, err
		}
		rows = append(rows, pages.EvidenceRow{Name: "account", Ours: expected, Told: arrived})
	}
	rows = slices.DeleteFunc(rows, func(e pages.EvidenceRow) bool {
		return e.Told == "" && (e.Ours == "" || !neededFor(found.Reason, e.Name))
	})
	for i := range rows {
		rows[i].Blamed = slices.Contains(blamed[found.Reason], rows[i].Name)
		rows[i].Word = slices.Contains([]string{"state", "refund_state"}, rows[i].Name)
	}
	return rows, nil
}

// neededFor keeps a fact that only our books have where the case is about it.
func neededFor(reason, name string) bool {
	return name == "number" || name == "amount" || slices.Contains(blamed[reason], name)
}

// blamed are the facts that a reason is about.
var blamed = map[string][]string{
	"unknown_number": {"number"}, "account": {"account"}, "number": {"number"}, "app_id": {"app_id"}, "identity": {"identity"},
	"sub_identity": {"sub_identity"}, "amount": {"amount"}, "total": {"amount"}, "currency": {"currency"}, "transaction_no": {"trade_no"},
	"payment_number": {"number", "refund_no"}, "refund_number": {"refund_no"}, "refund_amount": {"refund_amount"},
	"refund_transaction_no": {"channel_refund_no"}, "refund_status": {"refund_state"}, "refund_exceeds": {"refund_amount", "refunded"},
	"refund_unexplained": {"refunded"},
}

// amount writes an amount that was said, "" for one that was not.
func amount(m app.Money) string {
	if m == 0 {
		return ""
	}
	return m.String()
}

// recheckCase asks the channel about the order of the case now.
func (c *Console) recheckCase(r *request) error {
	view, err := c.caseView(r)
	if err != nil {
		return err
	}
	_, err = c.Payments.RecheckNotice(r.ctx, r.scope(), view.ID)
	switch {
	case err == nil:
		return c.done(r, r.to().Case(view.ID), "case_confirmed")
	case app.Is(err, app.Conflict), app.Is(err, app.OutcomeUnknown):
		// The page says what came of it, where the next step is.
		if view.Errors = c.fieldErrors(r, err); view.Errors == nil {
			view.Errors = map[string]string{"": r.t("case.unclear")}
		}
		return c.refuse(r, pages.CasePage(view))
	}
	return err
}

// resolveCase ends the case by a person's word.
func (c *Console) resolveCase(r *request) error {
	view, err := c.caseView(r)
	if err != nil {
		return err
	}
	view.Form.Outcome, view.Form.Note = r.field("outcome"), strings.Join(strings.Fields(r.field("note")), " ")
	_, err = c.Payments.ResolveNotice(r.ctx, r.scope(), view.ID, payments.NoticeResolution{
		Outcome: payments.NoticeOutcome(view.Form.Outcome), Note: view.Form.Note,
	})
	if view.Errors = c.fieldErrors(r, err); view.Errors != nil {
		return c.refuse(r, pages.CasePage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Case(view.ID), "case_resolved")
}

// caseActions point to the cases that wait for somebody.
func (c *Console) caseActions(r *request) ([]pages.NeedsAction, error) {
	open, err := c.Payments.OpenNotices(r.ctx, r.scope())
	if err != nil || open.Count == 0 {
		return nil, err
	}
	return []pages.NeedsAction{{Kind: "notification_quarantined", Urgent: true, Count: open.Count, At: open.Oldest, Href: r.to().Cases()}}, nil
}
