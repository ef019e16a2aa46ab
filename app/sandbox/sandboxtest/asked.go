package sandboxtest

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// Endpoints lists what the channels' gateways serve: WeChat's by method and
// path, such as "GET /v3/certificates", Alipay's by method name.
func (b *Box) Endpoints() []string {
	found := b.Server.AlipayMethods()
	for _, r := range b.web.GetRoutes(true) {
		if path, ok := strings.CutPrefix(r.Path, "/sandbox/wechat"); ok && r.Method != http.MethodHead && !strings.Contains(path, "*") {
			found = append(found, r.Method+" "+path)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Answered lists the endpoints that have answered somebody with a success.
func (b *Box) Answered() []string { return b.asked.list() }

// asked remembers which endpoints answered well.
type asked struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (a *asked) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.seen))
}

func (a *asked) add(endpoint string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	a.seen[endpoint] = true
}

// watch is the middleware before every route.
func (a *asked) watch(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	status := c.Response().StatusCode()
	switch path := c.Path(); {
	case status >= http.StatusBadRequest:
	case strings.HasPrefix(path, "/sandbox/wechat/"):
		a.add(c.Method() + " " + strings.TrimPrefix(c.Route().Path, "/sandbox/wechat"))
	case path == "/sandbox/wallet/app": // what an app hands to Alipay
		a.add("alipay.trade.app.pay")
	case path == "/sandbox/alipay/gateway.do":
		if status == http.StatusFound || bytes.Contains(c.Response().Body(), []byte(`"code":"10000"`)) {
			a.add(methodOf(c))
		}
	}
	return nil
}

// methodOf reads which of Alipay's methods was asked for.
func methodOf(c *fiber.Ctx) string {
	for _, text := range []string{string(c.Request().URI().QueryString()), string(c.BodyRaw())} {
		if form, err := url.ParseQuery(text); err == nil && form.Get("method") != "" {
			return form.Get("method")
		}
	}
	return ""
}
