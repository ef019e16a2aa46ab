// Package shop is a small merchant's website, as an integrator would write one:
// a page for each way to pay. It knows the platform by its address, a merchant
// id and an API key, and talks to it over HTTP like any other client. The demo
// mounts it; production never does.
package shop

import (
	"embed"
	"log/slog"
	"net/http"
	"path"
	"strings"
)

// Config is what the shop knows.
type Config struct {
	// PlatformURL, MerchantID and Key are what every integrator gets: the
	// platform's address without a trailing slash, mch_…, and sk_test_….
	PlatformURL, MerchantID, Key string
	// URL is the shop's own address, where payers come back to; no trailing slash.
	URL string
	// Apps are the shop's own WeChat apps by kind: official, mini and app.
	Apps map[string]string
	// PhoneURL is the simulated payer's phone, the sandbox's wallet, and
	// PhoneToken what opens it off loopback. A real shop's payers bring their own.
	PhoneURL, PhoneToken string
	Client               *http.Client
	Logger               *slog.Logger
}

// Shop is the website.
type Shop struct {
	cfg   Config
	api   api
	phone phone
}

// New opens the shop and returns its website, to be mounted at /shop.
func New(cfg Config) http.Handler {
	s := &Shop{
		cfg:   cfg,
		api:   api{base: cfg.PlatformURL + "/v1/merchants/" + cfg.MerchantID, key: cfg.Key, client: cfg.Client},
		phone: phone{url: cfg.PhoneURL, token: cfg.PhoneToken, client: cfg.Client},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shop", s.home)
	mux.HandleFunc("GET /shop/assets/{file}", asset)
	mux.HandleFunc("GET /shop/return/{order}", s.comeBack)
	mux.HandleFunc("GET /shop/{method}", s.counter)
	mux.HandleFunc("POST /shop/{method}", s.place)
	mux.HandleFunc("POST /shop/{method}/code", s.showCode)
	mux.HandleFunc("GET /shop/{method}/{id}", s.payment)
	mux.HandleFunc("GET /shop/{method}/{id}/status", s.status)
	mux.HandleFunc("POST /shop/{method}/{id}/switch", s.switchMethod)
	mux.HandleFunc("POST /shop/{method}/{id}/close", s.close)
	mux.HandleFunc("POST /shop/{method}/{id}/refund", s.giveBack)
	// Another site's page must not order here with a visitor's browser.
	return http.NewCrossOriginProtection().Handler(mux)
}

//go:embed assets
var assets embed.FS

func asset(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.PathValue("file"))
	body, err := assets.ReadFile("assets/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	w.Header().Set("Content-Type", kinds[strings.ToLower(path.Ext(name))])
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(body)
}
