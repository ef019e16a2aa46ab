package inbox_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/inbox"
)

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	other  = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
)

func signed(t *testing.T, with, id, body string) http.Header {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(with)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	signature, err := hook.Sign(id, now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", fmt.Sprint(now.Unix()))
	h.Set("webhook-signature", signature)
	return h
}

func TestReceive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := inbox.New(d, app.SystemClock{})
		if err := s.SetSecret(ctx, "demo", other); err != nil {
			t.Fatal(err)
		}
		if err := s.SetSecret(ctx, "demo", secret); err != nil {
			t.Fatal(err)
		}
		body := `{"type":"payment.succeeded"}`
		cases := []struct {
			name, body string
			header     http.Header
			verified   bool
		}{
			{"a rightly signed message is verified", body, signed(t, secret, "evt_1", body), true},
			{"a message signed by another secret is not", body, signed(t, other, "evt_2", body), false},
			{"a changed body is not", body + " ", signed(t, secret, "evt_3", body), false},
			{"a message without headers is not", body, http.Header{}, false},
		}
		for _, c := range cases {
			m, err := s.Receive(ctx, "demo", c.header, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if m.Verified != c.verified || (m.Problem == "") != c.verified {
				t.Errorf("%s: verified %v, problem %q", c.name, m.Verified, m.Problem)
			}
		}
		messages, err := s.Messages(ctx, "demo")
		if err != nil || len(messages) != len(cases) {
			t.Fatalf("got %d messages, %v", len(messages), err)
		}
		last := messages[len(messages)-1]
		if last.WebhookID() != "evt_1" || last.EventType() != "payment.succeeded" || last.Body != body {
			t.Errorf("the oldest stands last and whole: %+v", last)
		}
	}, dbtest.WithSandbox())
}

func TestRegisterNeverReplacesASecret(t *testing.T) {
	d := dbtest.OpenSQLite(t, dbtest.WithSandbox())
	ctx := context.Background()
	s := inbox.New(d, app.SystemClock{})
	for _, given := range []string{secret, other} {
		if err := s.Register(ctx, "demo", given); err != nil {
			t.Fatal(err)
		}
	}
	m, err := s.Receive(ctx, "demo", signed(t, secret, "evt_1", "{}"), []byte("{}"))
	if err != nil || !m.Verified {
		t.Errorf("the first secret must still verify: %v %q", err, m.Problem)
	}
}

func TestOnlyTheLastMessagesAreKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := inbox.New(d, app.SystemClock{})
		for i := range inbox.Kept + 3 {
			if _, err := s.Receive(ctx, "demo", http.Header{}, fmt.Append(nil, i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Receive(ctx, "second", http.Header{}, []byte("x")); err != nil {
			t.Fatal(err)
		}
		messages, err := s.Messages(ctx, "demo")
		if err != nil {
			t.Fatal(err)
		}
		if len(messages) != inbox.Kept || messages[0].Body != fmt.Sprint(inbox.Kept+2) || messages[inbox.Kept-1].Body != "3" {
			t.Errorf("kept %d, from %s to %s", len(messages), messages[len(messages)-1].Body, messages[0].Body)
		}
		if rest, err := s.Messages(ctx, "second"); err != nil || len(rest) != 1 {
			t.Errorf("another inbox keeps its own: %d, %v", len(rest), err)
		}
	}, dbtest.WithSandbox())
}

func TestNamesAndSecretsAreChecked(t *testing.T) {
	ctx := context.Background()
	s := inbox.New(dbtest.OpenSQLite(t, dbtest.WithSandbox()), app.SystemClock{})
	for name, given := range map[string]string{
		"": secret, "Up": secret, "a/b": secret, "ok": "whsec_!!", "fine": "short",
	} {
		if err := s.SetSecret(ctx, name, given); !app.Is(err, app.Invalid) {
			t.Errorf("SetSecret(%q, %q) = %v, want invalid", name, given, err)
		}
	}
}
