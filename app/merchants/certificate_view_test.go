package merchants_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

func TestCertificatesAreFetchedWhenAPersonAsks(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		if _, found, err := r.ChannelCertificates(t.Context(), a); found || err != nil {
			t.Errorf("before anybody looked: %t, %v", found, err)
		}
		f := &fetcher{clock: r.clock, keeps: true, expires: r.clock.Now().AddDate(5, 0, 0)}
		keeper := func(context.Context, merchants.Account) (channel.CertificateKeeper, error) { return f, nil }
		for n := 1; n <= 2; n++ {
			r.clock.advance(time.Minute)
			held, err := r.RefreshCertificates(t.Context(), a, keeper)
			if err != nil || f.fetches != n || !slices.Equal(held.Serials, []string{"5157F09E", "6157F09E"}) || held.FetchedAt != app.ToMillis(r.clock.Now()) || held.LastError != "" {
				t.Errorf("%d fetches, held %+v, %v", f.fetches, held, err)
			}
		}
		f.failure = &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Code: "CERTIFICATES_UNAVAILABLE"}
		r.clock.advance(time.Minute)
		held, err := r.RefreshCertificates(t.Context(), a, keeper)
		if err != nil || held.LastError == "" || held.StaleSince == 0 || len(held.Serials) != 2 {
			t.Errorf("after a failure: %+v, %v", held, err)
		}
		if kinds := r.kinds(t); !slices.Contains(kinds, merchants.IssueCertificatesStale) {
			t.Errorf("issues %v", kinds)
		}
	})
}

func TestAnAccountWithAPublicKeyHasNoCertificatesToFetch(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		for name, keeper := range map[string]merchants.KeeperOf{
			"no keeper": func(context.Context, merchants.Account) (channel.CertificateKeeper, error) { return nil, nil },
			"one that is idle": func(context.Context, merchants.Account) (channel.CertificateKeeper, error) {
				return &fetcher{clock: r.clock}, nil
			},
		} {
			_, err := r.RefreshCertificates(t.Context(), a, keeper)
			if wantCode(t, err, app.Conflict, "no_certificates_kept"); t.Failed() {
				t.Fatal(name)
			}
		}
		broken := errors.New("no client")
		_, err := r.RefreshCertificates(t.Context(), a, func(context.Context, merchants.Account) (channel.CertificateKeeper, error) { return nil, broken })
		if !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
	})
}

func TestTheAccountsUnderAProviderAreListedByPage(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		var want []string
		for _, appID := range []string{"wx1", "wx2", "wx3"} {
			want = append(want, r.register(t, r.registrationUnder(p, appID)).ID)
		}
		r.enabled(t, "wx9") // on its own
		slices.Reverse(want)
		first, err := r.AccountsUnder(t.Context(), p.ID, "", 2)
		if err != nil || len(first) != 2 || first[0].ID != want[0] || first[1].ID != want[1] || first[0].MerchantID != r.m.ID {
			t.Fatalf("first page %+v, %v", first, err)
		}
		if rest, err := r.AccountsUnder(t.Context(), p.ID, first[1].ID, 2); err != nil || len(rest) != 1 || rest[0].ID != want[2] {
			t.Errorf("second page %+v, %v", rest, err)
		}
		if none, err := r.AccountsUnder(t.Context(), providerID, "", 2); err != nil || len(none) != 0 {
			t.Errorf("under nobody: %+v, %v", none, err)
		}
	})
}

func TestADisabledProvidersMerchantCanStillBeInspected(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		if _, err := r.SwitchProvider(t.Context(), p.ID, false); err != nil {
			t.Fatal(err)
		}
		report, err := r.InspectUnder(t.Context(), p.ID, []byte(sub), reader{})
		if err != nil || report.SubIdentity != "1700000001" || report.Identity != p.Identity || !report.OK() {
			t.Errorf("%+v, %v", report, err)
		}
		if report, err := r.InspectUnder(t.Context(), p.ID, []byte(`{}`), reader{}); err != nil || report.OK() {
			t.Errorf("nothing named: %+v, %v", report, err)
		}
		_, err = r.InspectUnder(t.Context(), providerID, []byte(sub), reader{})
		wantCode(t, err, app.NotFound, "provider_not_found")
	})
}
