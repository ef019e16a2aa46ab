package exceptions_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

const day = app.Day("2026-11-24")

var (
	maker   = approvals.Person{Kind: approvals.ByUser, ID: "usr_maker", Name: "maker@example.com"}
	checker = approvals.Person{Kind: approvals.ByUser, ID: "usr_checker", Name: "checker@example.com"}
	reader  = approvals.Person{Kind: approvals.ByUser, ID: "usr_reader", Name: "reader@example.com"}

	scope = exceptions.Scope{MerchantID: "mch_1", Mode: app.Test}
	run   = exceptions.RunRef{
		ID: "run_1", MerchantID: "mch_1", Mode: app.Test, IdentityID: "sid_1", Channel: app.WeChat, Identity: "1600000001", Day: day,
	}
)

// members are those of mch_1.
type members struct{}

func (members) Members(_ context.Context, merchantID string) ([]access.Member, error) {
	if merchantID != scope.MerchantID {
		return nil, nil
	}
	var out []access.Member
	for _, p := range []approvals.Person{maker, checker, reader} {
		out = append(out, access.Member{Binding: access.Binding{UserID: p.ID}, Email: p.Name, State: access.Active})
	}
	return append(out, access.Member{Binding: access.Binding{UserID: "usr_gone"}, Email: "gone@example.com", State: "disabled"}), nil
}

func (members) Allowed(_ context.Context, userID, merchantID string, o access.Object, a access.Action) (bool, error) {
	return merchantID == scope.MerchantID && userID != reader.ID && o == access.Exceptions && a == access.Write, nil
}

// room is the service with what a test looks at.
type room struct {
	*exceptions.Service
	t     *testing.T
	d     *db.DB
	log   *audit.Log
	asked *approvals.Service
}

func each(t *testing.T, f func(r *room)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(newRoom(t, d)) })
}

func newRoom(t *testing.T, d *db.DB) *room {
	log := audit.New(d, make([]byte, 32), app.SystemClock{})
	asked := approvals.NewService(d, log, merchants.New(d, nil, log, app.SystemClock{}))
	s := exceptions.New(exceptions.Config{
		DB: d, Audit: log, Approvals: asked, Payments: payments.New(payments.Config{DB: d}),
		Members: members{},
	})
	asked.Register(exceptions.ApprovalException, s.Decisions())
	asked.Register(exceptions.ApprovalBatch, s.BatchDecisions())
	return &room{Service: s, t: t, d: d, log: log, asked: asked}
}

func (r *room) file(ref exceptions.RunRef, findings ...exceptions.Finding) (opened, closed int) {
	r.t.Helper()
	err := r.d.InTx(r.t.Context(), func(tx *db.Tx) (err error) {
		opened, closed, err = r.File(r.t.Context(), tx, ref, findings)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return opened, closed
}

// missing is a payment of ours that no bill has.
func missing(number string, amount app.Money) exceptions.Finding {
	return exceptions.Finding{
		Key: "payment:" + number, Type: exceptions.MissingAtChannel, Kind: channel.LinePayment, AccountID: "acct_1", Number: number,
		PaymentID: "pay_" + number, Ours: amount, Difference: amount,
		Evidence: exceptions.Evidence{Record: &match.Record{Kind: channel.LinePayment, Number: number, Amount: amount, State: match.Moved}},
	}
}

// foreign is a payment that only the bill has.
func foreign(number string, amount app.Money) exceptions.Finding {
	return exceptions.Finding{
		Key: "payment:" + number, Type: exceptions.Foreign, Kind: channel.LinePayment, Number: number, ChannelNo: "4200" + number,
		Channel: amount, Difference: -amount,
		Evidence: exceptions.Evidence{Line: &match.Line{Row: 7, Kind: channel.LinePayment, Number: number, Amount: amount}},
	}
}

func errorOf(err error) *app.Error {
	var e *app.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

func reason(err error) string {
	if e := errorOf(err); e != nil {
		return e.Reason
	}
	return ""
}

func (r *room) events(id string) []exceptions.Event {
	r.t.Helper()
	list, err := r.History(r.t.Context(), scope, id)
	if err != nil {
		r.t.Fatal(err)
	}
	var out []exceptions.Event
	for _, e := range list {
		out = append(out, e.Event)
	}
	return out
}

func (r *room) list(f exceptions.Filter) []exceptions.Exception {
	r.t.Helper()
	page, err := r.List(r.t.Context(), scope, f)
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Exceptions
}

// only returns the single exception of a number.
func (r *room) only(number string) exceptions.Exception {
	r.t.Helper()
	found := r.list(exceptions.Filter{Number: number})
	if len(found) != 1 {
		r.t.Fatalf("%d exceptions have the number %s", len(found), number)
	}
	e, err := r.Get(r.t.Context(), scope, found[0].ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

func (r *room) wantEvents(id string, want ...exceptions.Event) {
	r.t.Helper()
	if got := r.events(id); !slices.Equal(got, want) {
		r.t.Errorf("the history of %s says %v, want %v", id, got, want)
	}
}
