package pages_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// TestOutsideLoopbackEverythingNeedsAToken: a sandbox that others can reach
// shows and does nothing for strangers, and takes only the webhooks of inboxes
// that have a secret.
func TestOutsideLoopbackEverythingNeedsAToken(t *testing.T) {
	box := sandboxtest.Start(t, func(c *sandbox.Config) { c.Loopback, c.Token = false, "let-me-in" })
	token := map[string]string{"Accept": "text/html", "Authorization": "Bearer let-me-in"}
	wrong := map[string]string{"Accept": "text/html", "Authorization": "Bearer let-me-out"}
	for _, c := range []struct {
		method, path, form string
		want               int // with the token
	}{
		{"GET", "", "", 200},
		{"GET", "/wallet", "", 200},
		{"GET", "/merchants", "", 200},
		{"GET", "/trades", "", 200},
		{"GET", "/inbox/demo", "", 200},
		{"GET", "/inbox/demo.json", "", 200},
		{"GET", "/merchants/wechat/1600000000/credentials.zip", "", 404},
		{"POST", "/wallet", "code=x&act=pay", 404},
		{"POST", "/merchants/open", "channel=wechat&mode=public_key", 303},
		{"POST", "/trades/replay", "notification=x", 404},
		{"POST", "/faults/plan", "channel=wechat&fault=signtest", 303},
		{"POST", "/faults/cancel", "x=y", 303},
		{"POST", "/inbox/demo/secret", "secret=" + secret, 303},
	} {
		for name, header := range map[string]map[string]string{"no token": html, "another token": wrong} {
			if resp, _ := visit(t, c.method, box.URL+"/sandbox"+c.path, c.form, header); resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s with %s: HTTP %d, want 401", c.method, c.path, name, resp.StatusCode)
			}
		}
		if resp, body := visit(t, c.method, box.URL+"/sandbox"+c.path, c.form, token); resp.StatusCode != c.want {
			t.Errorf("%s %s with the token: HTTP %d, want %d %.80s", c.method, c.path, resp.StatusCode, c.want, body)
		}
	}
}

func TestOutsideLoopbackStrangersFillNoInbox(t *testing.T) {
	box := sandboxtest.Start(t, func(c *sandbox.Config) { c.Loopback, c.Token = false, "let-me-in" })
	body := `{"type":"x"}`
	deliver := func(path string, header map[string]string) int {
		t.Helper()
		resp, _ := visit(t, "POST", box.URL+"/sandbox/inbox/"+path, body, header)
		return resp.StatusCode
	}
	if got := deliver("open?secret="+secret, signed(t, secret, "evt_1", body)); got != 404 {
		t.Errorf("a stranger brings a secret: HTTP %d, want 404", got)
	}
	if err := box.Server.Inbox().SetSecret(context.Background(), "open", secret); err != nil {
		t.Fatal(err)
	}
	if got := deliver("open", signed(t, secret, "evt_2", body)); got != 204 {
		t.Errorf("a verified webhook: HTTP %d, want 204", got)
	}
	if got := deliver("open", signed(t, another, "evt_3", strings.Clone(body))); got != 401 {
		t.Errorf("a forged webhook: HTTP %d, want 401", got)
	}
	messages, err := box.Server.Inbox().Messages(context.Background(), "open")
	if err != nil || len(messages) != 2 {
		t.Errorf("the inbox holds %d messages, %v; want 2", len(messages), err)
	}
}
