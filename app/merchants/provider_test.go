package merchants_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// InspectSub reads {"sub": …} under a provider that reader can read. The real
// drivers have tests of their own.
func (reader) InspectSub(provider, credentials json.RawMessage) channel.Report {
	own := reader{}.Inspect(provider)
	var c struct{ Sub string }
	if err := json.Unmarshal(credentials, &c); err != nil || c.Sub == "" {
		own.Checks = []channel.Check{{Code: "sub", Status: channel.CheckFailed}}
		return own
	}
	own.SubIdentity = c.Sub
	return own
}

const (
	sub        = `{"sub":"1700000001"}`
	renewed    = `{"identity":"1900000001","key":"renewed"}`
	providerID = "prv_01HZZZZZZZZZZZZZZZZZZZZZZZ"
)

func (r *room) provider(t *testing.T) merchants.Provider {
	t.Helper()
	p, _, err := r.RegisterProvider(t.Context(), merchants.ProviderRegistration{
		Mode: app.Test, Channel: app.WeChat, Name: "Provider", Credentials: json.RawMessage(working),
	}, reader{}, passes)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (r *room) registrationUnder(p merchants.Provider, apps ...string) merchants.Registration {
	in := r.registration(apps...)
	in.ProviderID, in.Credentials = p.ID, json.RawMessage(sub)
	return in
}

func TestAnAccountUnderAProviderIsTheProvidersMerchant(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		a := r.enable(t, r.register(t, r.registrationUnder(p, "wx1")))
		if a.Identity != "1900000001" || a.SubIdentity != "1700000001" || a.ProviderID != p.ID || a.ProviderVersion != 1 || !a.ProviderEnabled {
			t.Errorf("account %+v", a)
		}
		if a.Health.CertificateExpiresAt != p.CertificateExpiresAt || p.CertificateExpiresAt == 0 {
			t.Errorf("the certificates end %d, the provider's %d", a.Health.CertificateExpiresAt, p.CertificateExpiresAt)
		}
		own, err := r.Credentials(t.Context(), a)
		if err != nil || string(own) != sub {
			t.Errorf("credentials %s, %v", own, err)
		}
		held, err := r.ProviderCredentials(t.Context(), a)
		if err != nil || string(held) != working {
			t.Errorf("the provider's %s, %v", held, err)
		}
		chosen, err := r.Choose(t.Context(), r.m.ID, app.Test, app.WeChat, "", "")
		if err != nil || chosen.ID != a.ID {
			t.Errorf("chose %s, %v", chosen.ID, err)
		}
		direct := r.enabled(t, "wx9")
		if held, err := r.ProviderCredentials(t.Context(), direct); err != nil || held != nil {
			t.Errorf("an account of its own has a provider's credentials: %s, %v", held, err)
		}
	})
}

func TestNewProviderCredentialsChangeEveryClientUnderIt(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		before := r.enable(t, r.register(t, r.registrationUnder(p, "wx1")))
		if _, _, err := r.UpdateProviderCredentials(t.Context(), p.ID, json.RawMessage(renewed), reader{}, passes); err != nil {
			t.Fatal(err)
		}
		after, err := r.Account(t.Context(), r.m.ID, before.ID)
		if err != nil {
			t.Fatal(err)
		}
		if after.ClientVersion() <= before.ClientVersion() || !after.Enabled {
			t.Errorf("client version %d after %d, enabled %t", after.ClientVersion(), before.ClientVersion(), after.Enabled)
		}
		if held, err := r.ProviderCredentials(t.Context(), after); err != nil || string(held) != renewed {
			t.Errorf("the provider's %s, %v", held, err)
		}
		// Who has read the old row must not build a client of old keys under a new
		// version, nor the other way round.
		_, err = r.ProviderCredentials(t.Context(), before)
		wantCode(t, err, app.Conflict, "account_changed")
	})
}

func TestProviderCredentialsMustPassAndWork(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		in := merchants.ProviderRegistration{Mode: app.Test, Channel: app.WeChat, Name: "Provider", Credentials: json.RawMessage(incomplete)}
		_, _, err := r.RegisterProvider(t.Context(), in, reader{}, passes)
		wantCode(t, err, app.Conflict, "credentials_incomplete")
		in.Credentials = json.RawMessage(working)
		_, _, err = r.RegisterProvider(t.Context(), in, reader{}, refuses)
		wantCode(t, err, app.Declined, "account_probe_failed")
		for field, wrong := range map[string]func(*merchants.ProviderRegistration){
			"name":        func(in *merchants.ProviderRegistration) { in.Name = " " },
			"mode":        func(in *merchants.ProviderRegistration) { in.Mode = "both" },
			"channel":     func(in *merchants.ProviderRegistration) { in.Channel = "cash" },
			"credentials": func(in *merchants.ProviderRegistration) { in.Credentials = json.RawMessage(`[]`) },
		} {
			bad := in
			wrong(&bad)
			_, _, err := r.RegisterProvider(t.Context(), bad, reader{}, passes)
			wantField(t, err, field)
		}
		p := r.provider(t)
		_, _, err = r.RegisterProvider(t.Context(), in, reader{}, passes)
		wantCode(t, err, app.Conflict, "provider_exists")
		_, _, err = r.UpdateProviderCredentials(t.Context(), p.ID, json.RawMessage(`{"identity":"1900000002","key":"abc"}`), reader{}, passes)
		wantCode(t, err, app.Conflict, "identity_differs")
		_, _, err = r.UpdateProviderCredentials(t.Context(), p.ID, json.RawMessage(renewed), reader{}, refuses)
		wantCode(t, err, app.Declined, "account_probe_failed")
		if got, err := r.Provider(t.Context(), p.ID); err != nil || got.Version != 1 {
			t.Errorf("version %d after failed updates, %v", got.Version, err)
		}
		_, err = r.Provider(t.Context(), providerID)
		wantCode(t, err, app.NotFound, "provider_not_found")
	})
}

func TestAccountsFitTheirProvider(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		for field, wrong := range map[string]func(*merchants.Registration){
			"provider_id,mode":    func(in *merchants.Registration) { in.Mode = app.Live },
			"provider_id,channel": func(in *merchants.Registration) { in.Channel = app.Alipay },
		} {
			in := r.registrationUnder(p, "wx1")
			wrong(&in)
			_, _, err := r.RegisterAccount(t.Context(), in, reader{})
			wantField(t, err, field)
		}
		in := r.registrationUnder(p, "wx1")
		in.ProviderID = providerID
		_, _, err := r.RegisterAccount(t.Context(), in, reader{})
		wantCode(t, err, app.NotFound, "provider_not_found")

		a := r.register(t, r.registrationUnder(p, "wx1"))
		_, _, err = r.UpdateCredentials(t.Context(), r.m.ID, a.ID, json.RawMessage(`{"sub":"1700000002"}`), reader{}, passes)
		wantCode(t, err, app.Conflict, "identity_differs")
		if _, _, err = r.UpdateCredentials(t.Context(), r.m.ID, a.ID, json.RawMessage(sub), reader{}, passes); err != nil {
			t.Error(err)
		}
		// The provider's other merchant is another settlement identity.
		other := r.registrationUnder(p, "wx1")
		other.Credentials = json.RawMessage(`{"sub":"1700000002"}`)
		if b := r.register(t, other); b.IdentityID == a.IdentityID {
			t.Error("two merchants of a provider share a settlement identity")
		}
	})
}

func TestADisabledProviderTakesNoPayments(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		a := r.enable(t, r.register(t, r.registrationUnder(p, "wx1")))
		if _, err := r.SwitchProvider(t.Context(), p.ID, false); err != nil {
			t.Fatal(err)
		}
		_, err := r.Choose(t.Context(), r.m.ID, app.Test, app.WeChat, "", "")
		wantCode(t, err, app.NotFound, "account_not_found")
		_, err = r.Choose(t.Context(), r.m.ID, app.Test, app.WeChat, a.ID, "")
		wantCode(t, err, app.Conflict, "account_disabled")
		if got := r.kinds(t); !slices.Equal(got, []merchants.IssueKind{merchants.IssueProviderDisabled}) {
			t.Errorf("issues %v", got)
		}
		if held, err := r.ProviderCredentials(t.Context(), a); err != nil || held == nil {
			t.Errorf("queries and refunds of a disabled provider have no keys: %v", err)
		}
		_, _, err = r.RegisterAccount(t.Context(), r.registrationUnder(p, "wx2"), reader{})
		wantCode(t, err, app.Conflict, "provider_disabled")
		direct := r.enabled(t, "wx9")
		if chosen, err := r.Choose(t.Context(), r.m.ID, app.Test, app.WeChat, "", ""); err != nil || chosen.ID != direct.ID {
			t.Errorf("chose %s, %v", chosen.ID, err)
		}
		if _, err := r.SwitchProvider(t.Context(), p.ID, true); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Choose(t.Context(), r.m.ID, app.Test, app.WeChat, a.ID, ""); err != nil {
			t.Error(err)
		}
	})
}

func TestProvidersAreAuditedOnThePlatformsChain(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		if _, _, err := r.UpdateProviderCredentials(t.Context(), p.ID, json.RawMessage(renewed), reader{}, passes); err != nil {
			t.Fatal(err)
		}
		for _, enabled := range []bool{false, false, true} {
			if _, err := r.SwitchProvider(t.Context(), p.ID, enabled); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"provider.register", "provider.credentials", "provider.disable", "provider.enable"}
		if got := r.actions(t, audit.Platform, p.ID); !slices.Equal(got, want) {
			t.Errorf("audited %v, want %v", got, want)
		}
		list, err := r.Providers(t.Context(), app.Test)
		if err != nil || len(list) != 1 || list[0].ID != p.ID {
			t.Errorf("list %+v, %v", list, err)
		}
		if list, err := r.Providers(t.Context(), app.Live); err != nil || len(list) != 0 {
			t.Errorf("live list %+v, %v", list, err)
		}
	})
}

func TestTwoUpdatesOfAProviderAtOnceEndInOne(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		var all sync.WaitGroup
		var mu sync.Mutex
		saved := 0
		barrier := make(chan struct{})
		waiting := func(context.Context, merchants.Account, json.RawMessage) error { <-barrier; return nil }
		for range 4 {
			all.Go(func() {
				_, _, err := r.UpdateProviderCredentials(t.Context(), p.ID, json.RawMessage(renewed), reader{}, waiting)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					saved++
				} else if !app.Is(err, app.Conflict) {
					t.Error(err)
				}
			})
		}
		close(barrier)
		all.Wait()
		got, err := r.Provider(t.Context(), p.ID)
		if err != nil || got.Version != int64(1+saved) || saved == 0 {
			t.Errorf("version %d after %d updates, %v", got.Version, saved, err)
		}
	})
}

// Whoever can write the database still cannot use a provider's keys elsewhere.
func TestAProvidersKeysOpenNowhereElse(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		p := r.provider(t)
		a := r.enable(t, r.register(t, r.registrationUnder(p, "wx1")))
		if _, err := r.db.Exec(t.Context(), `UPDATE accounts SET credentials = (SELECT credentials FROM provider_accounts WHERE id = ?) WHERE id = ?`, p.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Credentials(t.Context(), a); err == nil {
			t.Errorf("a provider's keys opened as an account's: %s", got)
		}
	})
}
