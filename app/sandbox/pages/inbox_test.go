package pages_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

const (
	secret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	another = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
)

func signed(t *testing.T, with, id, body string) map[string]string {
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
	return map[string]string{
		"webhook-id": id, "webhook-timestamp": fmt.Sprint(now.Unix()), "webhook-signature": signature, "Content-Type": "application/json",
	}
}

func TestInbox(t *testing.T) {
	box := sandboxtest.Start(t)
	address, body := box.URL+"/sandbox/inbox/demo", `{"type":"payment.succeeded","id":"evt_1"}`
	deliver := func(query string, header map[string]string) int {
		t.Helper()
		resp, _ := visit(t, "POST", address+query, body, header)
		return resp.StatusCode
	}
	if got := deliver("", signed(t, secret, "evt_0", body)); got != 204 {
		t.Errorf("before there is a secret: HTTP %d, want 204", got)
	}
	if got := deliver("?secret="+secret, signed(t, secret, "evt_1", body)); got != 204 {
		t.Errorf("the first message with its secret: HTTP %d, want 204", got)
	}
	if got := deliver("?secret="+another, signed(t, another, "evt_2", body)); got != 401 {
		t.Errorf("a later message cannot bring another secret: HTTP %d, want 401", got)
	}
	if got := deliver("", map[string]string{"Content-Type": "application/json"}); got != 401 {
		t.Errorf("unsigned: HTTP %d, want 401", got)
	}
	if resp, _ := visit(t, "POST", box.URL+"/sandbox/inbox/Not%20a%20name", body, nil); resp.StatusCode != 422 {
		t.Errorf("a bad name: HTTP %d, want 422", resp.StatusCode)
	}
	if resp, _ := visit(t, "POST", address+"/secret", "secret="+another, nil); resp.StatusCode != 303 {
		t.Errorf("set the secret by the form: HTTP %d, want 303", resp.StatusCode)
	}
	if got := deliver("", signed(t, another, "evt_3", body)); got != 204 {
		t.Errorf("with the new secret: HTTP %d, want 204", got)
	}
	wantMessages(t, address, body)
	b := openBrowser(t, false)
	b.do(chromedp.Navigate(address))
	b.look("inbox")
}

func wantMessages(t *testing.T, address, body string) {
	t.Helper()
	_, text := visit(t, "GET", address+".json", "", nil)
	var list struct {
		Data []struct {
			Verified  bool                `json:"verified"`
			WebhookID string              `json:"webhook_id"`
			Type      string              `json:"type"`
			Headers   map[string][]string `json:"headers"`
			Body      string              `json:"body"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list.Data {
		got = append(got, fmt.Sprintf("%s %v", m.WebhookID, m.Verified))
		if m.Body != body || m.Type != "payment.succeeded" {
			t.Errorf("message %+v", m)
		}
	}
	if want := "evt_3 true| false|evt_2 false|evt_1 true|evt_0 false"; strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
	if h := list.Data[0].Headers["Webhook-Id"]; len(h) != 1 || h[0] != "evt_3" {
		t.Errorf("headers %v", list.Data[0].Headers)
	}
}
