package api_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// failing keeps certificates that are about to end and cannot be renewed.
type failing struct{ ends time.Time }

func (f failing) RefreshCertificates(context.Context) error { return nil }

func (f failing) CertificateState() channel.CertificateState {
	return channel.CertificateState{FetchedAt: time.Now(), ExpiresAt: f.ends, Serials: []string{"5157F09E"}}
}

type unreachable struct{ failing }

func (unreachable) RefreshCertificates(context.Context) error {
	return &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Status: http.StatusBadGateway}
}

func TestEventsAboutAccountsArriveAsDocumented(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		url, got := receiver(t)
		s.expect(t, http.StatusCreated, "POST", "/webhook_endpoints", `{"url":"`+url+`","event_types":["account.*"]}`)
		now := app.ToMillis(time.Now())
		for _, c := range []merchants.Circuit{
			{State: merchants.CircuitOpen, Since: now, RetryAt: now.Add(time.Second), Reason: "HTTP 502"},
			{State: merchants.CircuitClosed, Since: now},
		} {
			if err := s.Merchants.RecordCircuit(s.Ctx, s.WeChat.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Merchants.MarkDeaf(s.Ctx, s.Alipay.ID); err != nil {
			t.Fatal(err)
		}
		soon := s.Clock.Now().AddDate(0, 0, 5)
		for _, keeper := range []channel.CertificateKeeper{failing{soon}, unreachable{failing{soon}}} {
			_, err := s.Merchants.CheckCertificates(s.Ctx, func(_ context.Context, a merchants.Account) (channel.CertificateKeeper, error) {
				if a.ID != s.WeChat.ID {
					return nil, nil
				}
				return keeper, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			s.Clock.Advance(24 * time.Hour)
		}
		s.deliver(t)
		s.deliver(t) // an endpoint gets four at a time
		var types []string
		for _, r := range got() {
			types = append(types, theContract(t).webhook(t, r))
		}
		slices.Sort(types)
		want := []string{
			merchants.EventCertificateExpiring, merchants.EventCertificatesStale, merchants.EventCircuitClosed, merchants.EventCircuitOpened, merchants.EventDeaf,
		}
		if !slices.Equal(types, want) {
			t.Errorf("%v arrived, want %v", types, want)
		}
	})
}
