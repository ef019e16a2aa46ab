package merchants_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

// told returns the types of an account's events, oldest first.
func (r *room) told(t *testing.T, accountID string) []string {
	t.Helper()
	found, err := r.events.ByObject(t.Context(), r.m.ID, accountID)
	if err != nil {
		t.Fatal(err)
	}
	types := []string{}
	for _, e := range found {
		types = append(types, e.Type)
		for _, secret := range []string{"credentials", `"key"`, "abc"} {
			if strings.Contains(e.Payload, secret) {
				t.Errorf("%s holds %s: %s", e.Type, secret, e.Payload)
			}
		}
	}
	return types
}

// issue returns what the last event of an account says is the matter.
func (r *room) lastIssue(t *testing.T, accountID string) (out struct {
	Kind, Owner, Since, Until, Detail string
},
) {
	t.Helper()
	found, err := r.events.ByObject(t.Context(), r.m.ID, accountID)
	if err != nil || len(found) == 0 {
		t.Fatalf("%d events, %v", len(found), err)
	}
	var payload struct {
		Data struct {
			Issue json.RawMessage `json:"issue"`
		} `json:"data"`
	}
	if err := errors.Join(json.Unmarshal([]byte(found[len(found)-1].Payload), &payload), json.Unmarshal(payload.Data.Issue, &out)); err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *room) kinds(t *testing.T) []merchants.IssueKind {
	t.Helper()
	issues, err := r.AccountIssues(t.Context(), r.m.ID, app.Test)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []merchants.IssueKind{}
	for _, i := range issues {
		kinds = append(kinds, i.Kind)
	}
	return kinds
}

func (r *room) open(wait time.Duration) merchants.Circuit {
	now := app.ToMillis(r.clock.Now())
	return merchants.Circuit{State: merchants.CircuitOpen, Since: now, RetryAt: now.Add(wait), Reason: "HTTP 502", Server: "srv_1"}
}

func TestACircuitIsToldOnceHoweverManyServersSeeIt(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		word := r.open(10 * time.Second)
		var all sync.WaitGroup
		for range 8 {
			server := r.server(t)
			all.Go(func() {
				for {
					err := server.RecordCircuit(t.Context(), a.ID, word)
					if err == nil {
						return
					}
					if !app.Is(err, app.Conflict) {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if got := r.told(t, a.ID); !slices.Equal(got, []string{"account.circuit_opened"}) {
			t.Fatalf("told %v", got)
		}
		if issue := r.lastIssue(t, a.ID); issue.Kind != "circuit_open" || issue.Detail != "HTTP 502" || issue.Until == "" {
			t.Errorf("the event says %+v", issue)
		}
		circuits, err := r.Circuits(t.Context(), r.m.ID, app.Test)
		if err != nil {
			t.Fatal(err)
		}
		if c := circuits[a.ID]; c.State != merchants.CircuitOpen || c.Reason != "HTTP 502" || c.Server != "srv_1" {
			t.Errorf("stored %+v", c)
		}
		if c := circuits[a.ID]; c.At(c.RetryAt) != merchants.CircuitHalfOpen || c.At(c.RetryAt-1) != merchants.CircuitOpen {
			t.Error("an open circuit is half-open once calls may be tried, not before")
		}
		if got := r.kinds(t); !slices.Equal(got, []merchants.IssueKind{merchants.IssueCircuitOpen}) {
			t.Errorf("issues %v", got)
		}
		r.clock.advance(time.Millisecond) // events of one millisecond have no order
		for range 2 {
			if err := r.RecordCircuit(t.Context(), a.ID, merchants.Circuit{State: merchants.CircuitClosed, Since: word.RetryAt}); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.told(t, a.ID); !slices.Equal(got, []string{"account.circuit_opened", "account.circuit_closed"}) {
			t.Errorf("told %v", got)
		}
		if got := r.kinds(t); len(got) != 0 {
			t.Errorf("issues %v", got)
		}
	})
}

func TestACircuitOpenedAgainKeepsItsBeginning(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		first := r.open(10 * time.Second)
		r.clock.advance(10 * time.Second)
		second := r.open(10 * time.Second)
		second.Reason = "no answer in time"
		for _, c := range []merchants.Circuit{first, second} {
			if err := r.RecordCircuit(t.Context(), a.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		circuits, err := r.Circuits(t.Context(), r.m.ID, app.Test)
		if err != nil {
			t.Fatal(err)
		}
		if c := circuits[a.ID]; c.Since != first.Since || c.RetryAt != second.RetryAt || c.Reason != second.Reason {
			t.Errorf("stored %+v", c)
		}
		if got := r.told(t, a.ID); len(got) != 1 {
			t.Errorf("told %v", got)
		}
	})
}

func TestAnAccountWithoutTroubleLeavesNoRow(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		if err := r.RecordCircuit(t.Context(), a.ID, merchants.Circuit{State: merchants.CircuitClosed}); err != nil {
			t.Fatal(err)
		}
		if n := r.count(t, `SELECT COUNT(*) FROM account_circuits`); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestAPauseIsShownAndNotAnEvent(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		word := r.open(2 * time.Second)
		word.State = merchants.CircuitPaused
		if err := r.RecordCircuit(t.Context(), a.ID, word); err != nil {
			t.Fatal(err)
		}
		if got := r.kinds(t); !slices.Equal(got, []merchants.IssueKind{merchants.IssuePaused}) {
			t.Errorf("issues %v", got)
		}
		r.clock.advance(2 * time.Second)
		if got := r.kinds(t); len(got) != 0 {
			t.Errorf("issues %v after the pause", got)
		}
		if got := r.told(t, a.ID); len(got) != 0 {
			t.Errorf("told %v", got)
		}
	})
}

// Another merchant, and the other mode, see nothing of it.
func TestCircuitsStayWithTheirMerchant(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		if err := r.RecordCircuit(t.Context(), a.ID, r.open(time.Second)); err != nil {
			t.Fatal(err)
		}
		other := r.merchant(t, "Other")
		for _, scope := range []struct {
			merchant string
			mode     app.Mode
		}{{other.ID, app.Test}, {r.m.ID, app.Live}} {
			circuits, err := r.Circuits(t.Context(), scope.merchant, scope.mode)
			if err != nil || len(circuits) != 0 {
				t.Errorf("%v sees %v (%v)", scope, circuits, err)
			}
			if issues, err := r.AccountIssues(t.Context(), scope.merchant, scope.mode); err != nil || len(issues) != 0 {
				t.Errorf("%v sees %v (%v)", scope, issues, err)
			}
		}
	})
}

func TestTheCircuitLogStoresTheLatestWordAndForgetsUnknownAccounts(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		ctx, stop := context.WithCancel(t.Context())
		log := merchants.NewCircuitLog(r.Service, "srv_9", slog.New(slog.DiscardHandler))
		log.Note("acct_unknown", r.open(time.Second))
		log.Note(a.ID, merchants.Circuit{State: merchants.CircuitClosed})
		log.Note(a.ID, r.open(time.Second))
		ended := make(chan struct{})
		go func() { defer close(ended); _ = log.Run(ctx) }()
		deadline := time.Now().Add(time.Minute)
		for {
			circuits, err := r.Circuits(t.Context(), r.m.ID, app.Test)
			if err != nil {
				t.Fatal(err)
			}
			if c, ok := circuits[a.ID]; ok {
				if c.State != merchants.CircuitOpen || c.Server != "srv_9" {
					t.Errorf("stored %+v", c)
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("nothing was stored")
			}
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		<-ended
	})
}

func TestADeafAccountIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		for range 2 {
			if err := r.MarkDeaf(t.Context(), a.ID); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.told(t, a.ID); !slices.Equal(got, []string{"account.deaf"}) {
			t.Errorf("told %v", got)
		}
		if got := r.kinds(t); !slices.Equal(got, []merchants.IssueKind{merchants.IssueDeaf}) {
			t.Errorf("issues %v", got)
		}
	})
}
