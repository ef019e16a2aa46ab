package exceptions_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

// as is a request's context of a person.
func (r *room) as(p approvals.Person) context.Context {
	ctx := audit.WithActor(r.t.Context(), audit.Actor{Kind: p.Kind, ID: p.ID, Name: p.Name})
	return app.WithRequestID(ctx, "req_of_"+p.ID)
}

func (r *room) propose(e exceptions.Exception, p exceptions.Proposal) exceptions.Exception {
	r.t.Helper()
	if p.By = maker; p.Reason == "" {
		p.Reason = "已向渠道核实"
	}
	out, err := r.Propose(r.as(maker), scope, e.ID, p)
	if err != nil {
		r.t.Fatalf("propose %s: %v", p.Resolution, err)
	}
	return out
}

func (r *room) decide(e exceptions.Exception, approve bool) {
	r.t.Helper()
	_, err := r.asked.Decide(r.as(checker), approvals.Scope(scope), e.ApprovalID, approvals.Decision{By: checker, Approve: approve, Note: "看过了"})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) get(id string) exceptions.Exception {
	r.t.Helper()
	e, err := r.Get(r.t.Context(), scope, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// adjusted sums what is booked for the day, by kind.
func (r *room) adjusted(day app.Day) map[exceptions.AdjustmentKind]app.Money {
	r.t.Helper()
	sums, err := r.Adjustments(r.t.Context(), r.d, scope, day, day)
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[exceptions.AdjustmentKind]app.Money{}
	for _, s := range sums {
		if s.Amount != 0 {
			out[s.Kind] += s.Amount
		}
	}
	return out
}

func (r *room) wantAdjusted(want map[exceptions.AdjustmentKind]app.Money) {
	r.t.Helper()
	r.wantAdjustedOn(day, want)
}

func (r *room) wantAdjustedOn(day app.Day, want map[exceptions.AdjustmentKind]app.Money) {
	r.t.Helper()
	got := r.adjusted(day)
	if len(got) != len(want) {
		r.t.Errorf("booked %v, want %v", got, want)
	}
	for kind, amount := range want {
		if got[kind] != amount {
			r.t.Errorf("booked %v, want %v", got, want)
		}
	}
}

func (r *room) actions(target string) []string {
	r.t.Helper()
	page, err := r.log.List(r.t.Context(), audit.Filter{Chain: scope.MerchantID, Target: target, Limit: 50})
	if err != nil {
		r.t.Fatal(err)
	}
	var out []string
	for _, row := range page.Rows {
		out = append(out, row.Action)
	}
	slices.Reverse(out)
	return out
}

func TestAResolutionTakesTwoPeopleAndItsHistoryNamesThem(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234))
		e := r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.AcceptOurs})
		if e.Status != exceptions.Proposed || e.ProposedBy != maker || e.Reason == "" || e.ApprovalID == "" {
			r.t.Fatalf("proposed as %+v", e)
		}
		r.wantAdjusted(nil)
		own := approvals.Decision{By: maker, Approve: true}
		if _, err := r.asked.Decide(r.as(maker), approvals.Scope(scope), e.ApprovalID, own); reason(err) != "own_request" {
			r.t.Errorf("its own proposer decided: %v", err)
		}
		r.decide(e, true)
		e = r.get(e.ID)
		if e.Status != exceptions.Resolved || e.ClosedAt == 0 || e.Resolution != exceptions.AcceptOurs {
			r.t.Errorf("resolved as %+v", e)
		}
		r.wantAdjusted(map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustClaim: 1234})
		r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventProposed, exceptions.EventApproved, exceptions.EventApplied)
		history, err := r.History(r.t.Context(), scope, e.ID)
		if err != nil {
			r.t.Fatal(err)
		}
		if h := history[1]; h.Actor.Name != maker.Name || h.RequestID != "req_of_usr_maker" || h.Note != "已向渠道核实" || h.From != exceptions.Open || h.To != exceptions.Proposed {
			r.t.Errorf("proposed by %+v", h)
		}
		if h := history[2]; h.Actor.Name != checker.Name || h.Note != "看过了" || h.RequestID != "req_of_usr_checker" {
			r.t.Errorf("approved by %+v", h)
		}
		if got := r.actions(e.ID); !slices.Equal(got, []string{"exception.propose", "exception.resolve"}) {
			r.t.Errorf("the audit says %v", got)
		}
		if got := r.actions(e.ApprovalID); !slices.Equal(got, []string{"approval.request", "approval.approve"}) {
			r.t.Errorf("the audit says of the approval %v", got)
		}
	})
}

func TestARejectedOrWithdrawnProposalLeavesTheExceptionOpen(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234))
		e := r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.WriteOff})
		r.decide(e, false)
		e = r.get(e.ID)
		if e.Status != exceptions.Open || e.Resolution != "" || e.ApprovalID != "" || e.Amount != 0 || e.ProposedBy != (approvals.Person{}) {
			r.t.Errorf("rejected to %+v", e)
		}
		e = r.propose(e, exceptions.Proposal{Resolution: exceptions.AcceptChannel})
		if _, err := r.asked.Withdraw(r.as(maker), approvals.Scope(scope), e.ApprovalID, maker); err != nil {
			r.t.Fatal(err)
		}
		if e = r.get(e.ID); e.Status != exceptions.Open {
			r.t.Errorf("withdrawn to %+v", e)
		}
		r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventProposed, exceptions.EventRejected, exceptions.EventProposed, exceptions.EventWithdrawn)
		r.wantAdjusted(nil)
	})
}

func TestEveryResolutionBooksWhatExplainsTheDifference(t *testing.T) {
	lacking, more := missing("att_L", 1000), foreign("wx2", 300)
	more.Type = exceptions.AmountDiffers
	cases := map[string]struct {
		finding exceptions.Finding
		p       exceptions.Proposal
		want    map[exceptions.AdjustmentKind]app.Money
	}{
		"the channel is right, we have less":   {lacking, exceptions.Proposal{Resolution: exceptions.AcceptChannel}, map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustBooks: -1000}},
		"the channel is right, we have more":   {more, exceptions.Proposal{Resolution: exceptions.AcceptChannel}, map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustBooks: 300}},
		"we are right, the channel owes it":    {lacking, exceptions.Proposal{Resolution: exceptions.AcceptOurs}, map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustClaim: 1000}},
		"we are right, the channel has it":     {more, exceptions.Proposal{Resolution: exceptions.AcceptOurs}, map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustClaim: -300}},
		"all is a loss":                        {lacking, exceptions.Proposal{Resolution: exceptions.WriteOff}, map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustWriteOff: -1000}},
		"a part is a loss, the rest a claim":   {lacking, exceptions.Proposal{Resolution: exceptions.WriteOff, Amount: 10}, map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustWriteOff: -10, exceptions.AdjustClaim: 990}},
		"all is a gain":                        {more, exceptions.Proposal{Resolution: exceptions.WriteOff}, map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustWriteOff: 300}},
		"nothing is done, and nothing is said": {more, exceptions.Proposal{Resolution: exceptions.Ignore}, nil},
	}
	each(t, func(r *room) {
		ref := run
		for name, c := range cases {
			ref.ID, ref.Day = ref.ID+"x", ref.Day.Next()
			r.file(ref, c.finding)
			e := r.list(exceptions.Filter{From: ref.Day, To: ref.Day})[0]
			plan, err := r.Preview(r.t.Context(), scope, e.ID, c.p)
			if err != nil {
				r.t.Fatal(err)
			}
			before := map[exceptions.AdjustmentKind]app.Money{}
			ours, channel := e.Difference, app.Money(0)
			for _, a := range plan.Adjustments {
				before[a.Kind] += a.Amount
				if a.Kind == exceptions.AdjustClaim {
					channel += a.Amount
				} else {
					ours += a.Amount
				}
			}
			if c.p.Resolution != exceptions.Ignore && ours != channel {
				r.t.Errorf("%s: a difference of %d is not explained by %v", name, e.Difference, before)
			}
			r.wantAdjustedOn(ref.Day, nil) // a preview books nothing
			r.decide(r.propose(e, c.p), true)
			r.wantAdjustedOn(ref.Day, c.want)
			r.wantAdjustedOn(ref.Day, before)
		}
	})
}

func TestWhatDoesNotFitIsNotProposed(t *testing.T) {
	each(t, func(r *room) {
		summary := exceptions.Finding{Key: "summary:rows", Type: exceptions.Summary}
		r.file(run, missing("att_A", 1234), foreign("wx1", 500), summary)
		ours, alien := r.only("att_A"), r.only("wx1")
		for name, c := range map[string]struct {
			id    string
			p     exceptions.Proposal
			field string
		}{
			"without a reason":           {ours.ID, exceptions.Proposal{Resolution: exceptions.AcceptOurs, Reason: " "}, "why"},
			"more than the difference":   {ours.ID, exceptions.Proposal{Resolution: exceptions.WriteOff, Amount: 1235, Reason: "x"}, "amount"},
			"a negative amount":          {ours.ID, exceptions.Proposal{Resolution: exceptions.WriteOff, Amount: -1, Reason: "x"}, "amount"},
			"an amount of nothing":       {ours.ID, exceptions.Proposal{Resolution: exceptions.AcceptOurs, Amount: 5, Reason: "x"}, "amount"},
			"a refund of what is short":  {ours.ID, exceptions.Proposal{Resolution: exceptions.Refund, Reason: "x"}, "resolution"},
			"a refund of foreign money":  {alien.ID, exceptions.Proposal{Resolution: exceptions.Refund, Reason: "x"}, "resolution"},
			"an unknown word":            {ours.ID, exceptions.Proposal{Resolution: "forget", Reason: "x"}, "resolution"},
			"a link to nothing":          {alien.ID, exceptions.Proposal{Resolution: exceptions.Link, Reason: "x"}, "link"},
			"a link to what is not here": {alien.ID, exceptions.Proposal{Resolution: exceptions.Link, Link: "ORDER-9", Reason: "x"}, "link"},
			"a link of something else":   {ours.ID, exceptions.Proposal{Resolution: exceptions.AcceptOurs, Link: "ORDER-9", Reason: "x"}, "link"},
		} {
			c.p.By = maker
			_, err := r.Propose(r.as(maker), scope, c.id, c.p)
			if !app.Is(err, app.Invalid) || fieldOf(err) != c.field {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		key := exceptions.Proposal{Resolution: exceptions.AcceptOurs, Reason: "x", By: approvals.Person{Kind: approvals.ByKey, ID: "key_1"}}
		if _, err := r.Propose(r.t.Context(), scope, ours.ID, key); reason(err) != "not_a_user" {
			r.t.Errorf("by a key: %v", err)
		}
		if got := r.get(ours.ID); got.Version != ours.Version {
			r.t.Errorf("changed to %+v", got)
		}
	})
}

func fieldOf(err error) string {
	if e := errorOf(err); e != nil {
		return e.Field
	}
	return ""
}

func TestOfTwoPeopleWhoProposeAtOnceOneDoes(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234))
		e := r.only("att_A")
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for _, by := range []approvals.Person{maker, checker, maker, checker} {
			wg.Go(func() {
				_, err := r.Propose(r.as(by), scope, e.ID, exceptions.Proposal{Resolution: exceptions.AcceptOurs, Reason: "x", Version: e.Version, By: by})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if reason(err) != "exception_not_open" {
					r.t.Errorf("lost with %v", err)
				}
			})
		}
		wg.Wait()
		pending, err := r.asked.CountPending(r.t.Context(), scope.MerchantID, scope.Mode, nil)
		if err != nil || won != 1 || pending != 1 {
			r.t.Errorf("%d won, %d wait for a decision, %v", won, pending, err)
		}
		r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventProposed)
	})
}

func TestAProposalAboutWhatHasChangedIsRefused(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234))
		e := r.only("att_A")
		if err := r.Comment(r.as(checker), scope, e.ID, "渠道说已入账"); err != nil {
			r.t.Fatal(err)
		}
		p := exceptions.Proposal{Resolution: exceptions.AcceptOurs, Reason: "x", Version: e.Version, By: maker}
		if _, err := r.Propose(r.as(maker), scope, e.ID, p); reason(err) != "exception_changed" {
			r.t.Errorf("proposed: %v", err)
		}
	})
}

func TestOfTwoServersThatDecideOneDoes(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1234))
		e := r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.AcceptChannel})
		other := newRoom(r.t, r.d)
		var wg sync.WaitGroup
		for i, server := range []*room{r, other, r, other} {
			wg.Go(func() {
				d := approvals.Decision{By: checker, Approve: i < 2, Note: "x"}
				_, err := server.asked.Decide(server.as(checker), approvals.Scope(scope), e.ApprovalID, d)
				if err != nil && reason(err) != "already_decided" {
					r.t.Errorf("lost with %v", err)
				}
			})
		}
		wg.Wait()
		if e = r.get(e.ID); e.Status == exceptions.Resolved {
			r.wantAdjusted(map[exceptions.AdjustmentKind]app.Money{exceptions.AdjustBooks: -1234})
			r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventProposed, exceptions.EventApproved, exceptions.EventApplied)
		} else {
			r.wantAdjusted(nil)
			r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventProposed, exceptions.EventRejected)
		}
	})
}
