package webhooks

import (
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
)

func TestURLsThatCannotBeReachedSafelyAreRefused(t *testing.T) {
	b := setup(t, dbtest.OpenSQLite(t), nil, Config{AllowHosts: []string{"inbox.local:8080"}})
	for url, code := range map[string]string{
		"":                                "required",
		"example.com/hook":                "invalid",
		"https://":                        "invalid",
		"https://u:p@example.com/":        "invalid",
		"https://example.com/#x":          "invalid",
		"http://example.com/":             "https_required",
		"ftp://example.com/":              "https_required",
		"http://inbox.local:9090/":        "https_required",
		"https://localhost/":              "not_public",
		"https://127.0.0.1/":              "not_public",
		"https://[::1]/":                  "not_public",
		"https://2130706433/":             "not_public",
		"https://0x7f.1/":                 "not_public",
		"https://169.254.169.254/latest/": "not_public",
		"https://example.com/" + strings.Repeat("x", 2048): "too_long",
	} {
		_, err := b.Create(t.Context(), merchant, app.Test, Input{URL: url})
		var fields []app.FieldError
		if e := asError(err); e != nil {
			fields = e.Fields
		}
		if len(fields) != 1 || fields[0].Field != "url" || fields[0].Code != code {
			t.Errorf("%.60s: %v, want %s", url, err, code)
		}
	}
	for _, url := range []string{"https://example.com/hook?x=1", "https://8.8.8.8:8443/", "http://inbox.local:8080/in"} {
		if _, err := b.Create(t.Context(), merchant, app.Test, Input{URL: url}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestInputsAreValidated(t *testing.T) {
	b := setup(t, dbtest.OpenSQLite(t), nil, Config{})
	for field, in := range map[string]Input{
		"event_types.1": {EventTypes: []string{"payment.succeeded", "payment"}},
		"event_types.0": {EventTypes: []string{"payment.suc*"}},
		"event_types":   {EventTypes: make([]string, 51)},
		"description":   {Description: strings.Repeat("票", 201)},
		"secret":        {Secret: "hunter2"},
	} {
		in.URL = "https://example.com/"
		_, err := b.Create(t.Context(), merchant, app.Test, in)
		if e := asError(err); e == nil || e.Code != app.Invalid || e.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestFiltersChooseEvents(t *testing.T) {
	for _, row := range []struct {
		types string
		event string
		want  bool
	}{
		{"*", "payment.succeeded", true},
		{"payment.succeeded", "payment.succeeded", true},
		{"payment.succeeded", "payment.succeeded_late", false},
		{"payment.*", "payment.closed", true},
		{"payment.*", "payments.closed", false},
		{"refund.failed,payment.closed", "payment.closed", true},
		{"refund.failed,payment.closed", "payment.succeeded", false},
	} {
		e := Endpoint{EventTypes: strings.Split(row.types, ",")}
		if e.Wants(row.event) != row.want {
			t.Errorf("%s wants %s: %v", row.types, row.event, !row.want)
		}
	}
}

func TestAnEndpointGetsTheEventsOfItsTimeModeAndMerchant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		ctx := t.Context()
		b.happen(1)
		b.fanOut() // before any endpoint exists
		r := receive(t, nil)
		id := b.endpoint(r.URL).Endpoint.ID
		live, err := b.Create(ctx, merchant, app.Live, Input{URL: r.URL})
		if err != nil {
			t.Fatal(err)
		}
		want := b.happen(1)[0]
		b.happenTo("mch_B", 1)
		b.fanOut()
		if _, err := b.Disable(ctx, merchant, app.Test, id); err != nil {
			t.Fatal(err)
		}
		b.happen(1)
		b.fanOut() // while it is disabled
		if _, err := b.Enable(ctx, merchant, app.Test, id); err != nil {
			t.Fatal(err)
		}
		again := b.happen(1)[0]
		b.fanOut()
		b.deliver()
		byEvent := map[string]DeliveryStatus{}
		for _, dl := range b.deliveries(Filter{}) {
			if dl.EndpointID == live.Endpoint.ID {
				t.Errorf("a live endpoint got a test event")
			}
			byEvent[dl.EventID] = dl.Status
		}
		if len(byEvent) != 2 || byEvent[want.ID] != Dead || byEvent[again.ID] != Succeeded {
			t.Errorf("deliveries %v", byEvent)
		}
		assertSound(t, d)
	})
}

func TestEveryChangeIsAuditedAndSecretsAreNotInIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		ctx := t.Context()
		c := b.endpoint("https://example.com/")
		id := c.Endpoint.ID
		url := "https://example.com/new"
		steps := []func() error{
			func() error { _, err := b.Update(ctx, merchant, app.Test, id, Patch{URL: &url}); return err },
			func() error { _, err := b.RotateSecret(ctx, merchant, app.Test, id, HMAC); return err },
			func() error { _, err := b.Disable(ctx, merchant, app.Test, id); return err },
			func() error { _, err := b.Disable(ctx, merchant, app.Test, id); return err }, // changes nothing
			func() error { _, err := b.Enable(ctx, merchant, app.Test, id); return err },
			func() error { _, err := b.SendTest(ctx, merchant, app.Test, id); return err },
			func() error { return b.Delete(ctx, merchant, app.Test, id) },
		}
		for i, step := range steps {
			if err := step(); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
		want := "create update rotate_secret disable enable test delete"
		got := strings.ReplaceAll(strings.Join(b.auditActions(), " "), "webhook_endpoint.", "")
		if got != want {
			t.Errorf("audited %s, want %s", got, want)
		}
		var n int
		if err := d.Get(ctx, &n, `SELECT COUNT(*) FROM audit_rows WHERE after_json LIKE '%whsec%' OR before_json LIKE '%whsec%'`); err != nil || n != 0 {
			t.Errorf("%d audit rows with a secret, %v", n, err)
		}
		if err := d.Get(ctx, &n, `SELECT COUNT(*) FROM webhook_secrets`); err != nil || n != 0 {
			t.Errorf("%d secrets outlive their endpoint, %v", n, err)
		}
		if _, err := b.Endpoint(ctx, merchant, app.Test, id); !app.Is(err, app.NotFound) {
			t.Errorf("a deleted endpoint: %v", err)
		}
	})
}

func TestAnotherMerchantsOrModesEndpointDoesNotExist(t *testing.T) {
	b := setup(t, dbtest.OpenSQLite(t), nil, loopback())
	r := receive(t, nil)
	id := b.endpoint(r.URL).Endpoint.ID
	b.happen(1)
	b.fanOut()
	delivery := b.only().ID
	for _, who := range []owner{{"mch_B", app.Test}, {merchant, app.Live}} {
		m, mode, ctx := who.merchantID, who.mode, t.Context()
		calls := map[string]func() error{
			"get":       func() error { _, err := b.Endpoint(ctx, m, mode, id); return err },
			"update":    func() error { _, err := b.Update(ctx, m, mode, id, Patch{}); return err },
			"enable":    func() error { _, err := b.Enable(ctx, m, mode, id); return err },
			"disable":   func() error { _, err := b.Disable(ctx, m, mode, id); return err },
			"delete":    func() error { return b.Delete(ctx, m, mode, id) },
			"rotate":    func() error { _, err := b.RotateSecret(ctx, m, mode, id, HMAC); return err },
			"secrets":   func() error { _, err := b.Secrets(ctx, m, mode, id); return err },
			"test":      func() error { _, err := b.SendTest(ctx, m, mode, id); return err },
			"delivery":  func() error { _, err := b.Delivery(ctx, m, mode, delivery); return err },
			"redeliver": func() error { _, err := b.Redeliver(ctx, m, mode, delivery); return err },
		}
		for name, call := range calls {
			if err := call(); !app.Is(err, app.NotFound) {
				t.Errorf("%s as %v: %v", name, who, err)
			}
		}
		if list, err := b.Endpoints(t.Context(), m, mode, "", 10); err != nil || len(list) != 0 {
			t.Errorf("list as %v: %v, %v", who, list, err)
		}
	}
}

func TestAMerchantHasABoundedNumberOfEndpoints(t *testing.T) {
	b := setup(t, dbtest.OpenSQLite(t), nil, Config{})
	for range maxEndpoints {
		b.endpoint("https://example.com/")
	}
	_, err := b.Create(t.Context(), merchant, app.Test, Input{URL: "https://example.com/"})
	if e := asError(err); e == nil || e.Reason != "too_many_endpoints" {
		t.Fatalf("got %v", err)
	}
	var got []Endpoint
	for before := ""; ; before = got[len(got)-1].ID {
		page, err := b.Endpoints(t.Context(), merchant, app.Test, before, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
	}
	if len(got) != maxEndpoints {
		t.Fatalf("paged through %d", len(got))
	}
}

func TestCheckFindsWhatIsPlanted(t *testing.T) {
	for name, plant := range map[string]string{
		"has no delivery":          `DELETE FROM webhook_deliveries`,
		"without a next attempt":   `UPDATE webhook_deliveries SET next_at = 0`,
		"further away":             `UPDATE webhook_deliveries SET next_at = next_at + 200000000`,
		"dead without a reason":    `UPDATE webhook_deliveries SET status = 'dead'`,
		"without a time":           `UPDATE webhook_deliveries SET status = 'succeeded'`,
		"the unknown status \"x\"": `UPDATE webhook_deliveries SET status = 'x'`,
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			b := setup(t, d, nil, loopback())
			b.endpoint("https://example.com/")
			ev := b.happen(1)[0]
			b.fanOut()
			assertSound(t, d)
			loosen(t, d)
			if _, err := d.Exec(t.Context(), plant); err != nil {
				t.Fatal(err)
			}
			found, err := Check(t.Context(), d)
			if err != nil || len(found) != 1 || found[0].Invariant != "I7" || !strings.Contains(found[0].Message, name) {
				t.Fatalf("%s: found %+v, %v (event %s)", name, found, err, ev.ID)
			}
		})
	}
}

// loosen lets a test store a status that the schema refuses.
func loosen(t *testing.T, d *db.DB) {
	t.Helper()
	statement := `PRAGMA ignore_check_constraints = ON`
	if d.Dialect() == db.MySQL {
		statement = `ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_status`
	}
	if _, err := d.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestATestEventGoesToItsEndpointOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, nil, loopback())
		r, other := receive(t, nil), receive(t, nil)
		e := b.endpoint(r.URL, "refund.succeeded").Endpoint
		b.endpoint(other.URL, "*")
		sent, err := b.SendTest(t.Context(), merchant, app.Test, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.fanOut()
		b.deliver()
		if len(r.requests()) != 1 || len(other.requests()) != 0 || r.requests()[0].eventID() != sent.EventID {
			t.Fatalf("%d to it, %d to the other", len(r.requests()), len(other.requests()))
		}
		if got, err := b.Delivery(t.Context(), merchant, app.Test, sent.ID); err != nil || got.Status != Succeeded {
			t.Fatalf("%+v, %v", got, err)
		}
		ev, err := b.events.Get(t.Context(), merchant, app.Test, sent.EventID)
		if err != nil || ev.Type != EventTest || !events.ValidType(ev.Type) {
			t.Fatalf("%+v, %v", ev, err)
		}
		assertSound(t, d)
	})
}
