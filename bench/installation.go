package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

// installation is a platform with a demo merchant and the sandbox, each in a
// process of its own.
type installation struct {
	platform, sandbox *process
	front             *front
	database          *db.DB // to take orders off the query schedule
	http              *http.Client
	api               string // the demo merchant's, without a trailing slash
	key               string
	channels          string // the sandbox's
	orders            atomic.Int64
}

// order is a payment that the channel has accepted.
type order struct {
	ID     string `json:"id"`
	Action struct {
		CodeURL string `json:"code_url"`
	} `json:"action"`
}

func install(ctx context.Context, cfg Config) (in *installation, err error) {
	in = &installation{http: newClient(cfg.Clients)}
	defer func() {
		if err != nil {
			err = errors.Join(err, in.close())
		}
	}()
	address, err := freeAddress()
	if err != nil {
		return in, err
	}
	channels, err := freeAddress()
	if err != nil {
		return in, err
	}
	if in.front, err = newFront("http://"+address, cfg.Clients); err != nil {
		return in, err
	}
	in.channels = "http://" + channels + "/sandbox"
	if in.sandbox, err = spawn(cfg.Binary, cfg.Dir, []string{
		"PIAOHAO_LOG_LEVEL=error", "PIAOHAO_SANDBOX_QUOTAS=false", "PIAOHAO_SANDBOX_SAME_DAY_BILLS=" + strconv.FormatBool(cfg.day),
	}, "sandbox", "--listen", channels); err != nil {
		return in, err
	}
	if err := in.sandbox.await(ctx, in.http, in.channels+"/trades"); err != nil {
		return in, err
	}
	if err := in.start(ctx, cfg, address); err != nil {
		return in, err
	}
	if err := in.signOn(ctx, cfg, "http://"+address); err != nil {
		return in, err
	}
	in.database, err = db.Open(ctx, db.Config{URL: cfg.Database, MaxConns: 2})
	return in, err
}

// start starts the platform and waits until it is ready.
func (in *installation) start(ctx context.Context, cfg Config, address string) (err error) {
	in.platform, err = spawn(cfg.Binary, cfg.Dir, []string{
		"PIAOHAO_SERVER_LISTEN=" + address, "PIAOHAO_SERVER_BASE_URL=" + in.front.url, "PIAOHAO_SERVER_METRICS_LISTEN=",
		"PIAOHAO_SERVER_RATE_LIMIT=100000", "PIAOHAO_SERVER_RATE_BURST=100000",
		"PIAOHAO_DATABASE_URL=" + cfg.Database, "PIAOHAO_DEMO_DAY=" + strconv.FormatBool(cfg.day),
		"PIAOHAO_SANDBOX_ENABLED=false", "PIAOHAO_SANDBOX_URL=" + in.channels,
		"PIAOHAO_LOG_LEVEL=error",
	}, "demo")
	if err != nil {
		return err
	}
	return in.platform.await(ctx, in.http, "http://"+address+"/readyz")
}

// signOn reads the demo's facts and removes its endpoint, unless it has a day to
// tell of: webhooks are measured apart.
func (in *installation) signOn(ctx context.Context, cfg Config, platform string) error {
	facts, err := demoFacts(ctx, in.platform, filepath.Join(cfg.Dir, "data", "demo.env"))
	if err != nil {
		return err
	}
	in.api, in.key = platform+"/v1/merchants/"+facts["PIAOHAO_MERCHANT"], facts["PIAOHAO_KEY"]
	if cfg.day {
		return nil
	}
	var endpoints struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := in.call(ctx, http.MethodGet, in.api+"/webhook_endpoints", nil, &endpoints); err != nil {
		return err
	}
	for _, e := range endpoints.Data {
		if err := in.call(ctx, http.MethodDelete, in.api+"/webhook_endpoints/"+e.ID, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// demoFacts waits for the file that the demo writes once it is seeded.
func demoFacts(ctx context.Context, p *process, file string) (map[string]string, error) {
	for deadline := time.Now().Add(20 * time.Second); ; {
		text, err := os.ReadFile(file)
		if err == nil {
			facts := map[string]string{}
			for line := range strings.Lines(string(text)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				facts[name] = value
			}
			return facts, nil
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(err, p.trouble())
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.exited:
			return nil, errors.Join(errors.New("the demo ended"), p.trouble())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (in *installation) close() error {
	var errs []error
	if in.database != nil {
		errs = append(errs, in.database.Close())
	}
	for _, p := range []*process{in.platform, in.sandbox} {
		if p != nil {
			p.end()
		}
	}
	if in.front != nil {
		errs = append(errs, in.front.close())
	}
	in.http.CloseIdleConnections()
	return errors.Join(errs...)
}

// trouble returns what the platform has complained of.
func (in *installation) trouble() error { return in.platform.trouble() }

// create places an order at WeChat and returns it once the channel has accepted
// it.
func (in *installation) create(ctx context.Context) (order, error) {
	return in.createBy(ctx, "wechat_native")
}

func (in *installation) createBy(ctx context.Context, method string) (order, error) {
	no := in.nextOrder()
	body := orderOf(no, method)
	var o order
	err := in.call(ctx, http.MethodPost, in.api+"/payments", body, &o, "Idempotency-Key", no)
	if err == nil && o.Action.CodeURL == "" {
		err = fmt.Errorf("order %s has no code", no)
	}
	return o, err
}

func (in *installation) nextOrder() string { return fmt.Sprintf("BENCH-%d", in.orders.Add(1)) }

func orderOf(no, method string) []byte {
	return fmt.Appendf(nil, `{"order_no":%q,"amount":100,"currency":"CNY","subject":"一杯茶 A cup of tea","method":%q}`, no, method)
}

// pay is the payer.
func (in *installation) pay(ctx context.Context, o order) error {
	body := fmt.Appendf(nil, `{"code":%q}`, o.Action.CodeURL)
	return in.call(ctx, http.MethodPost, in.channels+"/wallet/pay", body, nil)
}

// rest takes open orders off the query schedule: the queries of one round must
// not be counted with the next.
func (in *installation) rest(ctx context.Context) error {
	_, err := in.database.Exec(ctx, `UPDATE attempts SET next_query_at = 0 WHERE next_query_at > 0 AND lease_until = 0`)
	return err
}

// call sends JSON and decodes a success.
func (in *installation) call(ctx context.Context, method, url string, body []byte, out any, headers ...string) error {
	req, err := newRequest(ctx, method, url, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+in.key)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := in.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, url, res.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func newRequest(ctx context.Context, method, url string, body []byte) (*http.Request, error) {
	return http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
}
