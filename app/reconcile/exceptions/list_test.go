package exceptions_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

// today is ten in the morning after the runs' day.
type today struct{}

func (today) Now() time.Time { return day.Next().Start().Add(10 * time.Hour) }

func TestTheQueueIsFilteredByEverythingItShows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRoom(t, d)
		alipay := run
		alipay.ID, alipay.IdentityID, alipay.Channel, alipay.Day = "run_ali", "sid_2", app.Alipay, day.Add(-1)
		old := run
		old.ID, old.Day = "run_old", day.Add(-3)
		ancient := run
		ancient.ID, ancient.Day = "run_ancient", day.Add(-7)
		r.file(run, missing("att_A", 1), foreign("wx1", 2))
		r.file(alipay, missing("att_B", 3))
		r.file(old, missing("att_C", 4))
		r.file(ancient, missing("att_D", 5))
		e := r.only("att_A")
		if n, err := r.Assign(r.as(maker), scope, []string{e.ID, e.ID}, checker.ID); n != 1 || err != nil {
			t.Fatalf("assigned %d, %v", n, err)
		}
		r.propose(r.only("att_C"), exceptions.Proposal{Resolution: exceptions.Ignore})
		for name, c := range map[string]struct {
			f    exceptions.Filter
			want string
		}{
			"all":                   {exceptions.Filter{}, "wx1 att_A att_B att_C att_D"},
			"a type":                {exceptions.Filter{Type: exceptions.Foreign}, "wx1"},
			"a status":              {exceptions.Filter{Status: exceptions.Proposed}, "att_C"},
			"what stands":           {exceptions.Filter{Standing: true}, "wx1 att_A att_B att_C att_D"},
			"a channel":             {exceptions.Filter{Channel: app.Alipay}, "att_B"},
			"an account":            {exceptions.Filter{AccountID: "acct_1"}, "att_A att_B att_C att_D"},
			"a run":                 {exceptions.Filter{RunID: "run_1"}, "wx1 att_A"},
			"days":                  {exceptions.Filter{From: day.Add(-3), To: day.Add(-1)}, "att_B att_C"},
			"an owner":              {exceptions.Filter{Owner: checker.ID}, "att_A"},
			"nobody's":              {exceptions.Filter{Owner: exceptions.NoOwner, To: day, From: day}, "wx1"},
			"below a day":           {exceptions.Filter{Age: exceptions.Under1}, "wx1 att_A"},
			"a day to three":        {exceptions.Filter{Age: exceptions.From1}, "att_B"},
			"three to seven":        {exceptions.Filter{Age: exceptions.From3}, "att_C"},
			"seven and more":        {exceptions.Filter{Age: exceptions.From7}, "att_D"},
			"our number":            {exceptions.Filter{Number: " att_B "}, "att_B"},
			"the channel's":         {exceptions.Filter{Number: "4200wx1"}, "wx1"},
			"a payment":             {exceptions.Filter{Number: "pay_att_D"}, "att_D"},
			"its own":               {exceptions.Filter{Number: e.ID}, "att_A"},
			"a number and a status": {exceptions.Filter{Number: "att_B", Status: exceptions.Resolved}, ""},
			"no number":             {exceptions.Filter{Number: "none"}, ""},
		} {
			var got []string
			for _, x := range r.list(c.f) {
				got = append(got, x.Number)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, want %s", name, got, c.want)
			}
		}
		w, err := r.Waiting(t.Context(), scope)
		if err != nil || w.Open != 4 || w.Proposed != 1 || w.Oldest != day.Add(-7) {
			t.Errorf("%+v wait, %v", w, err)
		}
		sums, capped, err := r.Day(t.Context(), d, scope, day)
		if err != nil || capped || len(sums) != 2 {
			t.Errorf("the day sums %+v, %v", sums, err)
		}
		for _, s := range sums {
			if s.Type == exceptions.Foreign && (s.Count != 1 || s.Difference != -2 || s.Magnitude != 2 || s.Status != exceptions.Open) {
				t.Errorf("summed %+v", s)
			}
		}
	}, dbtest.WithClock(today{}))
}

func TestAgesFollowTheCalendar(t *testing.T) {
	now := today{}.Now()
	for back, want := range []exceptions.Age{exceptions.Under1, exceptions.From1, exceptions.From1, exceptions.From3, exceptions.From3, exceptions.From3, exceptions.From3, exceptions.From7, exceptions.From7} {
		if got := exceptions.AgeOf(day.Add(-back), now); got != want || exceptions.AgeDays(day.Add(-back), now) != back {
			t.Errorf("%d days back it is %s, want %s", back, got, want)
		}
	}
	if exceptions.AgeOf(day.Next(), now) != exceptions.Under1 {
		t.Error("of today it is older")
	}
}

func TestThePagesFollowEachOther(t *testing.T) {
	each(t, func(r *room) {
		for back := range 3 {
			ref := run
			ref.ID, ref.Day = run.ID+string(day.Add(-back)), day.Add(-back)
			r.file(ref, missing("att_A", 1), missing("att_B", 1), missing("att_C", 1))
		}
		f := exceptions.Filter{Limit: 2, Status: exceptions.Open}
		var got []string
		for range 10 {
			page, err := r.List(r.t.Context(), scope, f)
			if err != nil {
				r.t.Fatal(err)
			}
			for _, e := range page.Exceptions {
				got = append(got, string(e.Day)+e.ID)
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		want := slices.Clone(got)
		slices.Sort(want)
		slices.Reverse(want)
		if len(got) != 9 || !slices.Equal(got, want) || len(slices.Compact(want)) != 9 {
			r.t.Errorf("%d in the order %v", len(got), got)
		}
		for name, f := range map[string]exceptions.Filter{
			"limit": {Limit: 101}, "cursor": {Cursor: "x"}, "type": {Type: "x"}, "status": {Status: "x"}, "channel": {Channel: "x"}, "age": {Age: "x"},
		} {
			if _, err := r.List(r.t.Context(), scope, f); fieldOf(err) != name {
				r.t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAnotherMerchantsOrModesExceptionDoesNotExist(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1))
		e := r.only("att_A")
		raw, _ := r.export(exceptions.Filter{}, exceptions.English)
		b, _ := r.upload(r.fill(raw, map[string]any{"N2": maker.Name}))
		for name, other := range map[string]exceptions.Scope{"merchant": {MerchantID: "mch_2", Mode: app.Test}, "mode": {MerchantID: "mch_1", Mode: app.Live}} {
			ctx := r.as(maker)
			p := exceptions.Proposal{Resolution: exceptions.Ignore, Reason: "x", By: maker}
			_, get := r.Get(ctx, other, e.ID)
			_, history := r.History(ctx, other, e.ID)
			_, preview := r.Preview(ctx, other, e.ID, p)
			_, propose := r.Propose(ctx, other, e.ID, p)
			_, assign := r.Assign(ctx, other, []string{e.ID}, "")
			_, batch := r.Batch(ctx, other, b.ID)
			_, apply := r.ApplyBatch(ctx, other, b.ID, maker)
			for call, err := range map[string]error{
				"get": get, "history": history, "preview": preview, "propose": propose, "assign": assign, "batch": batch, "apply": apply,
				"comment": r.Comment(ctx, other, e.ID, "x"),
			} {
				if !app.Is(err, app.NotFound) {
					r.t.Errorf("of another %s, %s: %v", name, call, err)
				}
			}
			for _, f := range []exceptions.Filter{{}, {Number: "att_A"}, {Number: e.ID}} {
				if page, err := r.List(ctx, other, f); err != nil || len(page.Exceptions) != 0 {
					r.t.Errorf("listed for another %s: %+v, %v", name, page, err)
				}
			}
			up, err := r.Upload(ctx, other, exceptions.Upload{Name: "x", Bytes: raw, By: maker})
			if err != nil || up.Errors != 1 {
				r.t.Errorf("uploaded into another %s: %+v, %v", name, up, err)
			}
			if w, err := r.Waiting(ctx, other); err != nil || w != (exceptions.Waiting{}) {
				r.t.Errorf("counted for another %s: %+v, %v", name, w, err)
			}
		}
		if got := r.get(e.ID); got.Version != e.Version {
			r.t.Errorf("changed to %+v", got)
		}
	})
}

func TestOwnersAreMembersWhoMayWork(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1), missing("att_B", 1))
		one, two := r.only("att_A"), r.only("att_B")
		for name, id := range map[string]string{"who only reads": reader.ID, "who has left": "usr_gone", "a stranger": "usr_x"} {
			if _, err := r.Assign(r.as(maker), scope, []string{one.ID}, id); fieldOf(err) != "owner" {
				r.t.Errorf("assigned to %s: %v", name, err)
			}
		}
		for _, ids := range [][]string{nil, make([]string, 101)} {
			if _, err := r.Assign(r.as(maker), scope, ids, maker.ID); fieldOf(err) != "ids" {
				r.t.Errorf("assigned %d: %v", len(ids), err)
			}
		}
		if n, err := r.Assign(r.as(maker), scope, []string{one.ID, two.ID}, maker.ID); err != nil || n != 2 {
			r.t.Errorf("assigned %d, %v", n, err)
		}
		if n, err := r.Assign(r.as(maker), scope, []string{one.ID, two.ID}, maker.ID); err != nil || n != 0 {
			r.t.Errorf("assigned again %d, %v", n, err)
		}
		if n, err := r.Assign(r.as(checker), scope, []string{one.ID}, ""); err != nil || n != 1 || r.get(one.ID).OwnerName != "" {
			r.t.Errorf("taken away %d, %v", n, err)
		}
		if err := r.Comment(r.as(checker), scope, two.ID, " 等渠道回复 "); err != nil || r.get(two.ID).Note != "等渠道回复" {
			r.t.Errorf("commented %v", err)
		}
		for name, text := range map[string]string{"nothing": "  ", "too much": strings.Repeat("长", 501), "no text": "a\x00b"} {
			if err := r.Comment(r.as(checker), scope, two.ID, text); fieldOf(err) != "note" {
				r.t.Errorf("commented with %s: %v", name, err)
			}
		}
		r.wantEvents(one.ID, exceptions.EventFiled, exceptions.EventAssigned, exceptions.EventAssigned)
		r.wantEvents(two.ID, exceptions.EventFiled, exceptions.EventAssigned, exceptions.EventCommented)
		if got := r.actions(two.ID); !slices.Equal(got, []string{"exception.comment"}) {
			r.t.Errorf("the audit says %v", got)
		}
		if got := r.actions(one.ID); !slices.Equal(got, []string{"exception.assign", "exception.assign"}) {
			r.t.Errorf("the audit says %v", got)
		}
	})
}

// locked closes every month.
type locked struct{}

func (locked) Locked(context.Context, db.Querier, exceptions.Scope, app.Day) (bool, error) {
	return true, nil
}

func TestNothingIsBookedInAClosedMonth(t *testing.T) {
	each(t, func(r *room) {
		r.file(run, missing("att_A", 1))
		e := r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.AcceptChannel})
		r.Periods = locked{}
		r.decide(e, true)
		if e = r.get(e.ID); e.Status != exceptions.Open {
			r.t.Errorf("it is %s", e.Status)
		}
		r.wantEvents(e.ID, exceptions.EventFiled, exceptions.EventProposed, exceptions.EventApproved, exceptions.EventFailed)
		p := exceptions.Proposal{Resolution: exceptions.AcceptChannel, Reason: "x", By: maker}
		if _, err := r.Propose(r.as(maker), scope, e.ID, p); reason(err) != "period_locked" {
			r.t.Errorf("proposed: %v", err)
		}
		r.wantAdjusted(nil)
	})
}
