package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// measureIdle starts the product as `make run` does, twice, and reports how soon
// it is ready and what it holds in memory after somebody has signed in.
func measureIdle(ctx context.Context, cfg Config, r *report) error {
	dir := filepath.Join(cfg.Dir, "idle")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fresh, err := readyIn(ctx, cfg, dir, func(context.Context, *process, string) error { return nil })
	if err != nil {
		return err
	}
	again, err := readyIn(ctx, cfg, dir, func(ctx context.Context, p *process, base string) error {
		return measureMemory(ctx, cfg, p, base, dir, r)
	})
	if err != nil {
		return err
	}
	r.ready(fresh, again)
	return nil
}

// readyIn starts the demo in dir, waits until it is ready and seeded, hands it
// to use, and ends it. It returns the time from the start to the first 200 of
// /readyz.
func readyIn(ctx context.Context, cfg Config, dir string, use func(ctx context.Context, p *process, base string) error) (time.Duration, error) {
	address, err := freeAddress()
	if err != nil {
		return 0, err
	}
	base := "http://" + address
	client := newClient(1)
	defer client.CloseIdleConnections()
	start := time.Now()
	p, err := spawn(cfg.Binary, dir, []string{
		"PIAOHAO_SERVER_LISTEN=" + address, "PIAOHAO_SERVER_BASE_URL=" + base, "PIAOHAO_SERVER_METRICS_LISTEN=", "PIAOHAO_LOG_LEVEL=error",
	}, "demo")
	if err != nil {
		return 0, err
	}
	defer p.end()
	if err := p.await(ctx, client, base+"/readyz"); err != nil {
		return 0, err
	}
	took := time.Since(start)
	if _, err := demoFacts(ctx, p, filepath.Join(dir, "data", "demo.env")); err != nil {
		return took, err
	}
	return took, use(ctx, p, base)
}

func measureMemory(ctx context.Context, cfg Config, p *process, base, dir string, r *report) error {
	facts, err := demoFacts(ctx, p, filepath.Join(dir, "data", "demo.env"))
	if err != nil {
		return err
	}
	before, _, err := p.resident()
	if err != nil {
		return err
	}
	if err := signIn(ctx, base, facts["PIAOHAO_CONSOLE_EMAIL"], facts["PIAOHAO_CONSOLE_PASSWORD"]); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(cfg.Idle):
	}
	after, most, err := p.resident()
	if err != nil {
		return err
	}
	r.memory(before, most, after, cfg.Idle)
	return nil
}

var formToken = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// signIn fills in the console's form, as a browser does.
func signIn(ctx context.Context, base, email, password string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	return signInWith(ctx, &http.Client{Jar: jar, Timeout: 10 * time.Second}, base, email, password)
}

// signInWith signs the client in; its jar keeps the session.
func signInWith(ctx context.Context, client *http.Client, base, email, password string) error {
	page, err := fetch(ctx, client, base+"/console/sign-in", nil)
	if err != nil {
		return err
	}
	token := formToken.FindStringSubmatch(page)
	if token == nil {
		return errors.New("the form has no token")
	}
	_, err = fetch(ctx, client, base+"/console/sign-in", url.Values{"_csrf": {token[1]}, "email": {email}, "password": {password}})
	return err
}

// fetch gets a page, or posts a form to it.
func fetch(ctx context.Context, client *http.Client, url string, form url.Values) (string, error) {
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := newRequest(ctx, method, url, []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, url, res.Status)
	}
	return string(text), err
}
