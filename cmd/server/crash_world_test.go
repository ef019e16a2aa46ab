package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// crashWorld is an installation of real processes: the platform, which is
// killed again and again, the channels, which are not, and the merchant, which
// is this test.
type crashWorld struct {
	t        *testing.T
	binary   string
	dir      string
	env      []string
	url      string // the platform's
	channels string // the sandbox's
	platform *crashProcess
	facts    demoFacts
	receiver *receiver
	http     *http.Client
}

func newCrashWorld(t *testing.T, binary, database string) *crashWorld {
	t.Helper()
	w := &crashWorld{t: t, binary: binary, dir: t.TempDir(), receiver: newReceiver(t), http: &http.Client{Timeout: 15 * time.Second}}
	t.Cleanup(w.http.CloseIdleConnections)
	platform, channels := freeAddress(t), freeAddress(t)
	w.url, w.channels = "http://"+platform, "http://"+channels+"/sandbox"
	w.env = []string{
		"PIAOHAO_DEMO_DAY=false",
		"PIAOHAO_SERVER_LISTEN=" + platform, "PIAOHAO_SERVER_BASE_URL=" + w.url, "PIAOHAO_SERVER_METRICS_LISTEN=" + freeAddress(t),
		"PIAOHAO_SERVER_RATE_LIMIT=10000", "PIAOHAO_SERVER_RATE_BURST=10000",
		"PIAOHAO_DATABASE_URL=" + database,
		"PIAOHAO_SANDBOX_ENABLED=false", "PIAOHAO_SANDBOX_URL=" + w.channels,
		"PIAOHAO_CHANNELS_TIMEOUT=3s", "PIAOHAO_LOG_LEVEL=warn",
	}
	sandbox := spawn(t, binary, w.dir, []string{"PIAOHAO_LOG_LEVEL=warn", "PIAOHAO_SANDBOX_SAME_DAY_BILLS=true"}, "sandbox", "--listen", channels)
	sandbox.await(w.channels + "/trades")
	return w
}

// boot starts the platform for the first time and gives its demo merchant an
// endpoint at this test.
func (w *crashWorld) boot() {
	w.t.Helper()
	w.start()
	file := filepath.Join(w.dir, demoFile)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(file); err == nil {
			break
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("the demo was never seeded\n%s", w.platform.log())
		}
	}
	var err error
	if w.facts, err = readDemo(file); err != nil {
		w.t.Fatal(err)
	}
	w.must("POST", "/webhook_endpoints", map[string]any{"url": w.receiver.url}, nil)
}

// start starts the platform and waits until it is ready.
func (w *crashWorld) start() time.Duration {
	w.t.Helper()
	w.platform = spawn(w.t, w.binary, w.dir, w.env, "demo")
	return w.platform.await(w.url + "/readyz")
}

// command runs another command of the binary on the same installation.
func (w *crashWorld) command(args ...string) (code int, output string) {
	w.t.Helper()
	p := spawn(w.t, w.binary, w.dir, w.env, args...)
	code = p.exitCode(60 * time.Second)
	return code, p.log()
}

// call sends a request to the merchant API and decodes an answer of 2xx. An
// error says that no answer came.
func (w *crashWorld) call(ctx context.Context, method, path string, body, out any, headers ...string) (status int, text string, err error) {
	headers = append(headers, "Authorization", "Bearer "+w.facts.Key)
	return w.send(ctx, method, w.url+"/v1/merchants/"+w.facts.Merchant+path, body, out, headers...)
}

func (w *crashWorld) send(ctx context.Context, method, url string, body, out any, headers ...string) (int, string, error) {
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			return 0, "", err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, url, &payload)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, "", err
	}
	if out != nil && res.StatusCode < http.StatusMultipleChoices {
		err = json.Unmarshal(text, out)
	}
	return res.StatusCode, string(text), err
}

// must calls the merchant API and wants a success.
func (w *crashWorld) must(method, path string, body, out any) {
	w.t.Helper()
	status, text, err := w.call(w.t.Context(), method, path, body, out)
	if err != nil || status >= http.StatusMultipleChoices {
		w.t.Fatalf("%s %s: %d %s %v\n%s", method, path, status, text, err, w.platform.log())
	}
}

// listed is a payment as the API lists it.
type listed struct {
	ID      string `json:"id"`
	OrderNo string `json:"order_no"`
	Status  string `json:"status"`
	Attempt string `json:"attempt_id"`
	Action  *struct {
		CodeURL string `json:"code_url"`
	} `json:"action"`
}

// payments returns every payment of the merchant by order_no.
func (w *crashWorld) payments() map[string]listed {
	w.t.Helper()
	found := map[string]listed{}
	for cursor := ""; ; {
		var page struct {
			Data []listed `json:"data"`
			Next string   `json:"next_cursor"`
		}
		w.must("GET", "/payments?limit=100"+cursor, nil, &page)
		for _, p := range page.Data {
			if twin, twice := found[p.OrderNo]; twice {
				w.t.Errorf("order_no %s has two payments: %s and %s", p.OrderNo, twin.ID, p.ID)
			}
			found[p.OrderNo] = p
		}
		if page.Next == "" {
			return found
		}
		cursor = "&cursor=" + page.Next
	}
}

// channelTrade is an order as the simulated channel knows it.
type channelTrade struct {
	ID     string `json:"id"`
	Number string `json:"out_trade_no"`
	State  string `json:"state"`
	Code   string `json:"code"`
}

// tookMoney reports whether the payer's money moved, wherever it is now.
func (t channelTrade) tookMoney() bool { return t.State == "paid" || t.State == "refunded" }

// trades returns every order at the channels, by the number we gave it.
func (w *crashWorld) trades() map[string]channelTrade {
	w.t.Helper()
	found := map[string]channelTrade{}
	for before := ""; ; {
		var page struct {
			Data []channelTrade `json:"data"`
		}
		status, text, err := w.send(w.t.Context(), "GET", w.channels+"/trades?limit=100&before="+before, nil, &page)
		if err != nil || status != http.StatusOK {
			w.t.Fatalf("list the channels' trades: %d %s %v", status, text, err)
		}
		for _, trade := range page.Data {
			if _, twice := found[trade.Number]; twice {
				w.t.Errorf("two trades at the channel carry the number %s", trade.Number)
			}
			found[trade.Number] = trade
		}
		if len(page.Data) < 100 {
			return found
		}
		before = page.Data[len(page.Data)-1].ID
	}
}

// eventually waits until done finds nothing left to wait for, and otherwise
// fails with what it is still waiting for.
func (w *crashWorld) eventually(within time.Duration, done func() []string) {
	w.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(300 * time.Millisecond) {
		left := done()
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("after %s still open: %d\n%s\n%s", within, len(left), fmt.Sprint(left[:min(10, len(left))]), w.platform.log())
		}
	}
}
