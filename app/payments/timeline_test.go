package payments_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// messages lists a payment's timeline, oldest first.
func (s *shop) messages(id string) []string {
	s.T.Helper()
	rows, err := s.Payments.Timeline(s.Ctx, s.Scope, id)
	if err != nil {
		s.T.Fatal(err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Message
	}
	return out
}

func TestTheTimelineTellsTheWholeStoryWithoutSecretsOrPayers(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for _, tc := range []struct {
			method channel.Method
			want   []string
		}{
			{channel.WeChatNative, []string{"api.create", "channel.pay", "state.pending", "notification.verified", "state.succeeded"}},
			{channel.AlipayQR, []string{"api.create", "channel.pay", "state.pending", "notification.verified", "channel.query", "state.succeeded"}},
		} {
			ctx := payments.WithCause(s.Ctx, payments.Cause{Kind: "key", Name: "sk_test_AbCd"})
			ctx = app.WithClientIP(app.WithRequestID(ctx, "req_1"), "203.0.113.7")
			out, err := s.Payments.Create(ctx, s.Scope, paymentstest.Order("TL-"+string(tc.method), tc.method), nil)
			if err != nil {
				s.T.Fatal(err)
			}
			s.Pay(out.View.Action.CodeURL)
			s.Await(out.View.ID, payments.StatusSucceeded)
			got := s.messages(out.View.ID)
			// Rows of one commit share their millisecond: compare as sets.
			slices.Sort(got)
			want := slices.Sorted(slices.Values(tc.want))
			if !slices.Equal(got, want) {
				s.T.Errorf("%s: the timeline tells %v, want %v", tc.method, got, want)
			}
			s.checkRows(out.View.ID)
		}
	})
}

// checkRows looks into the rows: who, when, what was said, and nothing that
// must not be there.
func (s *shop) checkRows(id string) {
	s.T.Helper()
	rows, err := s.Payments.Timeline(s.Ctx, s.Scope, id)
	if err != nil {
		s.T.Fatal(err)
	}
	trades := s.trades()
	for _, r := range rows {
		var args map[string]string
		if err := json.Unmarshal([]byte(r.Args), &args); err != nil {
			s.T.Errorf("%s: args %q: %v", r.Message, r.Args, err)
		}
		switch r.Message {
		case "api.create":
			if r.ActorName != "sk_test_AbCd" || r.RequestID != "req_1" || args["ip"] != "203.0.113.7" {
				s.T.Errorf("the request's row lacks its origin: %+v", r)
			}
		case "channel.pay":
			if r.Request == "" || r.Response == "" || args["status"] != "200" || !strings.Contains(args["endpoint"], "/sandbox/") {
				s.T.Errorf("the call's row lacks what was said: %+v", r)
			}
		case "notification.verified":
			if args["verified_by"] == "" || r.Request == "" {
				s.T.Errorf("the notification's row lacks its proof: %+v", r)
			}
		}
		for _, tr := range trades {
			if tr.PayerID != "" && strings.Contains(r.Request+r.Response, tr.PayerID) {
				s.T.Errorf("%s shows the payer %s", r.Message, tr.PayerID)
			}
		}
		if strings.Contains(r.Request+r.Response, "PRIVATE KEY") {
			s.T.Errorf("%s holds a key", r.Message)
		}
	}
}

func TestSyncSaysWhenTheChannelGivesNoCertainAnswer(t *testing.T) {
	each(t, func(s *shop, w *paymentstest.Wire) {
		p := s.Create(paymentstest.Order("SY-1", channel.WeChatNative))
		w.Set(func(w *paymentstest.Wire) { w.Fail = func(*http.Request) error { return io.ErrUnexpectedEOF } })
		if _, err := s.Payments.Sync(s.Ctx, s.Scope, p.ID); !app.Is(err, app.OutcomeUnknown) {
			s.T.Fatalf("a silent channel gave %v", err)
		}
		w.Set(func(w *paymentstest.Wire) { w.Fail = nil })
		got, err := s.Payments.Sync(s.Ctx, s.Scope, p.ID)
		if err != nil || got.Status != payments.StatusPending {
			s.T.Fatalf("%s, %v", got.Status, err)
		}
	})
}
