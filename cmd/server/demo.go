package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/webhooks"
)

// demoFile keeps what the demo printed, so that running it again prints the
// same.
const demoFile = "data/demo.env"

const (
	demoEmail = "owner@demo.example"
	// A second person, for what one alone may not decide.
	demoFinanceEmail = "finance@demo.example"
	demoInbox        = "demo"
)

// demoFacts is what one needs to use the demo.
type demoFacts struct {
	URL, Merchant, Key, WebhookSecret, Email, Password string
	FinanceEmail, FinancePassword                      string
	Shop                                               string // its address, "" where it is not served
}

// seedDemo makes the demo's merchant, or finds it, and opens its shop.
func seedDemo(ctx context.Context, p *platform, file string) (demoFacts, error) {
	facts, err := seedMerchant(ctx, p, file)
	if err != nil {
		return facts, err
	}
	if !p.servesShop() {
		return facts, nil
	}
	facts.Shop = facts.URL + shopPath
	return facts, p.openShop(ctx, facts)
}

// seedMerchant makes a merchant in test mode with one account at each channel of
// the sandbox, a key, an endpoint at the sandbox's inbox and a user. An
// installation that has them keeps them.
func seedMerchant(ctx context.Context, p *platform, file string) (demoFacts, error) {
	ctx = audit.WithActor(ctx, audit.System("demo"))
	facts, err := readDemo(file)
	if err == nil {
		if _, err := p.merchants.Merchant(ctx, facts.Merchant); err == nil {
			facts.URL = p.config.Server.BaseURL
			err := p.completeDemo(ctx, &facts, file)
			return facts, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return facts, err
	}
	m, err := p.merchants.CreateMerchant(ctx, "演示商户 Demo Shop")
	if err != nil {
		return facts, err
	}
	facts = demoFacts{URL: p.config.Server.BaseURL, Merchant: m.ID, Email: demoEmail}
	if err := p.demoUsers(ctx, &facts); err != nil {
		return facts, err
	}
	_, secret, err := p.merchants.CreateKey(ctx, m.ID, app.Test, merchants.KeyInput{Name: "Demo"})
	if err != nil {
		return facts, err
	}
	facts.Key = secret
	for _, c := range []app.Channel{app.WeChat, app.Alipay} {
		if err := p.demoAccount(ctx, m.ID, c); err != nil {
			return facts, fmt.Errorf("open a %s account: %w", c, err)
		}
	}
	inbox := p.config.SandboxURL() + "/inbox/" + demoInbox
	endpoint, err := p.webhooks.Create(ctx, m.ID, app.Test, webhooks.Input{URL: inbox, Description: "Sandbox inbox"})
	if err != nil {
		return facts, err
	}
	facts.WebhookSecret = endpoint.Secret
	if err := p.registerInbox(ctx, inbox, endpoint.Secret); err != nil {
		return facts, err
	}
	return facts, facts.write(file)
}

// completeDemo gives an older demo what it was seeded without.
func (p *platform) completeDemo(ctx context.Context, facts *demoFacts, file string) error {
	if err := p.bindApps(ctx, facts.Merchant); err != nil || facts.FinancePassword != "" {
		return err
	}
	if err := p.demoUsers(ctx, facts); err != nil {
		return err
	}
	return facts.write(file)
}

// demoAccount opens a merchant at the sandbox, as one would with a channel, and
// registers its credentials here.
func (p *platform) demoAccount(ctx context.Context, merchantID string, c app.Channel) error {
	credentials, apps, err := openSandboxMerchant(ctx, p.config.SandboxURL(), p.config.Sandbox.Token.Reveal(), c)
	if err != nil {
		return err
	}
	in := merchants.Registration{
		MerchantID: merchantID, Mode: app.Test, Channel: c, Name: "Sandbox " + string(c), Credentials: credentials, AppIDs: apps,
	}
	a, report, err := p.merchants.RegisterAccount(ctx, in, p.clients.pool.Driver(c))
	if err != nil {
		return fmt.Errorf("%w (%+v)", err, report.Checks)
	}
	_, err = p.merchants.EnableAccount(ctx, merchantID, a.ID, p.clients.Probe)
	return err
}

// openSandboxMerchant asks the sandbox for a merchant and turns its answer into
// the credentials that the channel's driver reads, and a WeChat merchant's apps.
func openSandboxMerchant(ctx context.Context, sandboxURL, token string, c app.Channel) (credentials json.RawMessage, apps []merchants.AppInput, err error) {
	ask, err := json.Marshal(map[string]string{"channel": string(c), "mode": "public_key"})
	if err != nil {
		return nil, nil, err
	}
	answer, err := post(ctx, sandboxURL+"/merchants", token, "application/json", ask)
	if err != nil {
		return nil, nil, err
	}
	var m map[string]any
	if err := json.Unmarshal(answer, &m); err != nil {
		return nil, nil, fmt.Errorf("read the sandbox's answer: %w", err)
	}
	out := map[string]any{"mode": "public_key"}
	for _, name := range []string{"mchid", "api_v3_key", "serial_no", "private_key", "certificate", "public_key_id", "public_key"} {
		if c == app.WeChat {
			out[name] = m[name]
		}
	}
	for _, name := range []string{"app_id", "seller_id", "app_private_key", "alipay_public_key"} {
		if c == app.Alipay {
			out[name] = m[name]
		}
	}
	var bound boundApps
	if err := json.Unmarshal(answer, &bound); err != nil {
		return nil, nil, fmt.Errorf("read the sandbox's apps: %w", err)
	}
	apps = bound.inputs()
	credentials, err = json.Marshal(out)
	return credentials, apps, err
}

// registerInbox tells the sandbox's inbox what verifies its messages.
func (p *platform) registerInbox(ctx context.Context, inbox, secret string) error {
	if p.sandbox != nil {
		return p.sandbox.Inbox().SetSecret(ctx, demoInbox, secret)
	}
	form := url.Values{"secret": {secret}}.Encode()
	_, err := post(ctx, inbox+"/secret", p.config.Sandbox.Token.Reveal(), "application/x-www-form-urlencoded", []byte(form))
	return err
}

func post(ctx context.Context, url, token, contentType string, body []byte) ([]byte, error) {
	return ask(ctx, http.MethodPost, url, token, contentType, body)
}

func ask(ctx context.Context, method, url, token, contentType string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %s: %s", method, url, res.Status, answer)
	}
	return answer, nil
}

// lines are the facts as data/demo.env holds them.
func (f *demoFacts) lines() []struct {
	name  string
	value *string
} {
	return []struct {
		name  string
		value *string
	}{
		{"PIAOHAO_URL", &f.URL}, {"PIAOHAO_MERCHANT", &f.Merchant}, {"PIAOHAO_KEY", &f.Key},
		{"PIAOHAO_WEBHOOK_SECRET", &f.WebhookSecret}, {"PIAOHAO_CONSOLE_EMAIL", &f.Email}, {"PIAOHAO_CONSOLE_PASSWORD", &f.Password},
		{"PIAOHAO_FINANCE_EMAIL", &f.FinanceEmail}, {"PIAOHAO_FINANCE_PASSWORD", &f.FinancePassword},
	}
}

// write replaces the file at once: whoever waits for it, or is killed meanwhile,
// never has half of it.
func (f demoFacts) write(file string) error {
	var b strings.Builder
	for _, l := range f.lines() {
		fmt.Fprintf(&b, "%s=%s\n", l.name, *l.value)
	}
	whole := file + ".new"
	if err := os.WriteFile(whole, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(whole, file)
}

func readDemo(file string) (demoFacts, error) {
	var f demoFacts
	text, err := os.ReadFile(file)
	if err != nil {
		return f, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		for _, l := range f.lines() {
			if l.name == name {
				*l.value = value
			}
		}
	}
	return f, nil
}

// print shows how to begin.
func (f demoFacts) print(w io.Writer) {
	shop := ""
	if f.Shop != "" {
		shop = "  Shop      " + f.Shop + ", a page for each way to pay\n"
	}
	printf(w, `
Piaohao is running in test mode.

  Console   %[1]s/console
  Sign in   %[5]s
  Password  %[6]s
  Second    %[8]s, password %[9]s: finance, who approves what the owner proposes
  Factors   none asked for here; elsewhere platform roles need a second one
%[7]s  Wallet    %[1]s/sandbox/wallet
  Inbox     %[1]s/sandbox/inbox/`+demoInbox+`

Create a payment, then open the wallet and enter the code_url of the answer:

  curl -sS %[1]s/v1/merchants/%[2]s/payments \
    -H 'Authorization: Bearer %[3]s' \
    -H 'Content-Type: application/json' \
    -H "Idempotency-Key: $(date +%%s%%N)" \
    -d '{"order_no":"T'$(date +%%s)'","amount":1,"currency":"CNY","subject":"一杯茶 A cup of tea","method":"wechat_native"}'

These facts are kept in `+demoFile+`.
`, f.URL, f.Merchant, f.Key, f.WebhookSecret, f.Email, f.Password, shop, f.FinanceEmail, f.FinancePassword)
}
