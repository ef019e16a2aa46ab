package payments

import (
	"context"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// NoticeOutcome is how a person ended a case of quarantine.
type NoticeOutcome string

// The outcomes. None of them moves money here: what is to be given back is
// refunded first, here or at the channel.
const (
	// NoticeConfirmed: the channel's query agrees with our books after all.
	NoticeConfirmed NoticeOutcome = "confirmed"
	// NoticeReturned: the money was given back in the channel's own console.
	NoticeReturned NoticeOutcome = "returned"
	// NoticeKept: the money is the merchant's by other means, such as an order
	// taken outside this platform.
	NoticeKept NoticeOutcome = "kept"
	// NoticeIgnored: nothing is to be done; the note says why.
	NoticeIgnored NoticeOutcome = "ignored"
)

// NoticeOutcomes lists what a person can choose. NoticeConfirmed is not a
// choice: RecheckNotice finds it.
func NoticeOutcomes() []NoticeOutcome {
	return []NoticeOutcome{NoticeReturned, NoticeKept, NoticeIgnored}
}

// NoticeFilter narrows a list of notifications. Before is the last id of the
// page before.
type NoticeFilter struct {
	Resolved bool // those that were in quarantine, instead of those that are
	Status   string
	Before   string
	Limit    int // 1 to 100; 0 means 20
}

// NoticePage is one page of a list, newest first; Next is "" on the last.
type NoticePage struct {
	Notices []StoredNotice
	Next    string
}

// Open reports whether a person has yet to decide.
func (n StoredNotice) Open() bool { return n.Status == noticeQuarantined }

// Recheckable reports whether the channel can be asked about it again: whether
// its query of the order can answer what the case is about.
func (n StoredNotice) Recheckable() bool { return n.Open() && n.AttemptID != "" && !n.aboutRefund() }

// aboutRefund reports whether a refund, and not its order, contradicts our books.
func (n StoredNotice) aboutRefund() bool {
	switch n.Reason {
	case "total", "payment_number":
		return true
	case "refund_unexplained": // the order's own state
		return false
	}
	return strings.HasPrefix(n.Reason, "refund_")
}

// Notices lists a scope's verified notifications that contradicted our books.
func (s *Service) Notices(ctx context.Context, scope Scope, f NoticeFilter) (NoticePage, error) {
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return NoticePage{}, app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	if f.Before != "" && !app.ValidID(app.PrefixNotification, f.Before) {
		return NoticePage{}, app.InvalidField("cursor", "bad_value", "cursor must be a next_cursor of an earlier page")
	}
	f.Status = noticeQuarantined
	if f.Resolved {
		f.Status = noticeResolved
	}
	limit := f.Limit
	f.Limit++
	rows, err := s.store.notices(ctx, s.DB, scope, f)
	if err != nil {
		return NoticePage{}, err
	}
	page := NoticePage{Notices: rows}
	if len(rows) > limit {
		page.Notices, page.Next = rows[:limit], rows[limit-1].ID
	}
	return page, nil
}

// Notice returns one of them, or NotFound.
func (s *Service) Notice(ctx context.Context, scope Scope, id string) (StoredNotice, error) {
	return s.store.notice(ctx, s.DB, scope, id)
}

// OpenNotices counts the cases of the scope that wait for a person, a hundred at
// most, and says since when the oldest of those does.
func (s *Service) OpenNotices(ctx context.Context, scope Scope) (Waiting, error) {
	return s.store.openNotices(ctx, s.DB, scope)
}

// NoticeResolution is a person's decision about a case.
type NoticeResolution struct {
	Outcome NoticeOutcome // one of NoticeOutcomes
	Note    string        // required, at most 500 characters
}

// ResolveNotice ends a case by a person's word, audited. Errors: Invalid, the
// fields named; NotFound; Conflict with reason notice_resolved.
func (s *Service) ResolveNotice(ctx context.Context, scope Scope, id string, in NoticeResolution) (StoredNotice, error) {
	var v violations
	if !slices.Contains(NoticeOutcomes(), in.Outcome) {
		v.add("outcome", "bad_value", "outcome must be one of returned, kept, ignored")
	}
	v.text("note", in.Note, maxNote)
	if err := v.err(); err != nil {
		return StoredNotice{}, err
	}
	return s.endNotice(ctx, scope, id, in.Outcome, strings.TrimSpace(in.Note))
}

const maxNote = 500

// RecheckNotice asks the channel about the order of a case now. When the query
// agrees with our books and the order is settled by it, the case ends as
// confirmed; otherwise it stays open: Conflict with reason still_contradicts,
// or OutcomeUnknown without a certain answer.
func (s *Service) RecheckNotice(ctx context.Context, scope Scope, id string) (StoredNotice, error) {
	n, err := s.Notice(ctx, scope, id)
	if err != nil {
		return n, err
	}
	if !n.Open() {
		return n, noticeEnded(id)
	}
	if !n.Recheckable() {
		return n, app.Errorf(app.Conflict, "the channel's query of an order answers nothing about notification %s", id).WithReason("notice_without_order")
	}
	agrees, err := s.agrees(ctx, n)
	if err != nil {
		return n, err
	}
	if !agrees {
		return n, app.Errorf(app.Conflict, "the channel still contradicts our books about %s", n.AttemptID).WithReason("still_contradicts")
	}
	if n, err = s.Notice(ctx, scope, id); err != nil || !n.Open() {
		return n, err // answered on the way
	}
	return s.endNotice(ctx, scope, id, NoticeConfirmed, "")
}

// agrees reports whether the channel's query of the case's order fits our books,
// which it settles on the way.
func (s *Service) agrees(ctx context.Context, n StoredNotice) (bool, error) {
	a, err := s.store.attempt(ctx, s.DB, n.MerchantID, n.AttemptID)
	if err != nil {
		return false, err
	}
	account, err := s.Accounts.Account(ctx, a.MerchantID, a.AccountID)
	if err != nil {
		return false, err
	}
	trade, rec, err := s.query(ctx, a, account)
	if err != nil {
		return false, noCertainAnswer(a).WithCause(err)
	}
	if _, err := s.settle(ctx, a.MerchantID, a.ID, trade, rec.entries); err != nil {
		if mismatchOf(err) != "" {
			return false, nil
		}
		return false, err
	}
	if err := s.explain(ctx, account, a.ID, trade); err != nil {
		return false, err
	}
	known, err := s.store.sentRefunds(ctx, s.DB, a)
	return known.explain(trade), err
}

// endNotice records how a case ended, in its payment's story and the audit too.
func (s *Service) endNotice(ctx context.Context, scope Scope, id string, outcome NoticeOutcome, note string) (StoredNotice, error) {
	var out StoredNotice
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		if out, err = s.store.notice(ctx, tx, scope, id); err != nil {
			return err
		}
		if !out.Open() {
			return noticeEnded(id)
		}
		before := noticeFactsOf(out)
		out.Status, out.ResolvedAt, out.Outcome, out.Note = noticeResolved, now, outcome, note
		out.ResolvedBy = clipTo(causeFrom(ctx).Name, 190)
		ok, err := s.store.resolveNotice(ctx, tx, out)
		if err != nil {
			return err
		}
		if !ok {
			return noticeEnded(id)
		}
		if out.AttemptID != "" {
			a := Attempt{ID: out.AttemptID, PaymentID: out.PaymentID, MerchantID: out.MerchantID}
			e := entry(ctx, now, a, KindPerson, "notification.resolved", map[string]string{"outcome": string(outcome), "reason": out.Reason, "note": note})
			if err := s.store.insertTimeline(ctx, tx, []Entry{e}); err != nil {
				return err
			}
		}
		return s.Audit.Record(ctx, tx, audit.Entry{Chain: out.MerchantID, Action: "notification.resolve", Target: out.ID, Before: before, After: noticeFactsOf(out)})
	})
	return out, err
}

func noticeEnded(id string) error {
	return app.Errorf(app.Conflict, "notification %s has been dealt with", id).WithReason("notice_resolved")
}

// noticeFacts are what an audit row says about a case.
type noticeFacts struct {
	Status  string        `json:"status"`
	Reason  string        `json:"reason"`
	Amount  app.Money     `json:"amount"`
	TradeNo string        `json:"channel_trade_no"`
	Outcome NoticeOutcome `json:"outcome,omitempty"`
	Note    string        `json:"note,omitempty"`
}

func noticeFactsOf(n StoredNotice) noticeFacts {
	return noticeFacts{Status: n.Status, Reason: n.Reason, Amount: n.Amount, TradeNo: n.ChannelTradeNo, Outcome: n.Outcome, Note: n.Note}
}
