package merchants_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/seal"
)

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// room is a service on one database, with a merchant to work for.
type room struct {
	*merchants.Service
	db     *db.DB
	log    *audit.Log
	events *events.Log
	clock  *clock
	keyset string
	m      merchants.Merchant
}

func each(t *testing.T, f func(t *testing.T, r *room)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, setup(t, d)) })
}

func setup(t testing.TB, d *db.DB) *room {
	t.Helper()
	r := &room{
		db: d, clock: &clock{now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)},
		keyset: filepath.Join(t.TempDir(), "keyset.json"),
	}
	if err := seal.Generate(r.keyset); err != nil {
		t.Fatal(err)
	}
	r.log = audit.New(d, bytes.Repeat([]byte("k"), 32), r.clock)
	r.events = events.NewLog(d, r.clock)
	r.Service = r.server(t)
	r.m = r.merchant(t, "Demo")
	return r
}

// server returns another service on the same database, with the keyset as it is
// in the file now.
func (r *room) server(t testing.TB) *merchants.Service {
	t.Helper()
	sealer, err := seal.FromFile(r.keyset)
	if err != nil {
		t.Fatal(err)
	}
	return merchants.New(r.db, sealer, r.log, r.clock).Announcing(r.events)
}

func (r *room) merchant(t testing.TB, name string) merchants.Merchant {
	t.Helper()
	m, err := r.CreateMerchant(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// reader reads the credentials that these tests make up: who they are for,
// and whether their key is one.
type reader struct{}

func (reader) Inspect(credentials json.RawMessage) channel.Report {
	var c struct{ Identity, AppID, Key string }
	if err := json.Unmarshal(credentials, &c); err != nil {
		return channel.Report{}
	}
	check := channel.Check{Code: "key", Status: channel.CheckPassed}
	if c.Key == "" {
		check.Status = channel.CheckFailed
	}
	report := channel.Report{
		Identity: c.Identity, Checks: []channel.Check{check}, Facts: map[string]string{"serial_no": "5157F09E"},
		ExpiresAt: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if c.AppID != "" {
		report.Facts["app_id"] = c.AppID
	}
	return report
}

const (
	working    = `{"identity":"1900000001","key":"abc"}`
	incomplete = `{"identity":"1900000001","key":""}`
)

func (r *room) registration(apps ...string) merchants.Registration {
	in := merchants.Registration{
		MerchantID: r.m.ID, Mode: app.Test, Channel: app.WeChat, Name: "WeChat", Credentials: json.RawMessage(working),
	}
	for _, id := range apps {
		in.AppIDs = append(in.AppIDs, merchants.AppInput{AppID: id, Kind: merchants.AppOfficial})
	}
	return in
}

func (r *room) register(t *testing.T, in merchants.Registration) merchants.Account {
	t.Helper()
	a, _, err := r.RegisterAccount(t.Context(), in, reader{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// enabled registers and enables an account with the apps.
func (r *room) enabled(t *testing.T, apps ...string) merchants.Account {
	t.Helper()
	return r.enable(t, r.register(t, r.registration(apps...)))
}

func (r *room) enable(t *testing.T, a merchants.Account) merchants.Account {
	t.Helper()
	a, err := r.EnableAccount(t.Context(), a.MerchantID, a.ID, passes)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func passes(context.Context, merchants.Account, json.RawMessage) error { return nil }

func refuses(context.Context, merchants.Account, json.RawMessage) error {
	return &channel.Error{Kind: channel.KindRefused, Channel: app.WeChat, Code: "SIGN_ERROR", Message: "签名错误"}
}

func wantCode(t *testing.T, err error, code app.Code, reason string) {
	t.Helper()
	if got, why := app.CodeOf(err), reasonOf(err); got != code || why != reason {
		t.Errorf("got %s %q (%v), want %s %q", got, why, err, code, reason)
	}
}

// actions returns what a chain's audit rows say was done to target, oldest first.
func (r *room) actions(t *testing.T, chain, target string) []string {
	t.Helper()
	page, err := r.log.List(t.Context(), audit.Filter{Chain: chain, Target: target, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	slices.SortFunc(page.Rows, func(a, b audit.Row) int { return cmp.Compare(a.Seq, b.Seq) }) // ids of one millisecond are in no order
	for _, row := range page.Rows {
		out = append(out, row.Action)
	}
	return out
}

func (r *room) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := r.db.Get(t.Context(), &n, query); err != nil {
		t.Fatal(err)
	}
	return n
}

// wantField wants Invalid about the field; what follows a comma tells cases of
// one field apart.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	name, _, _ := strings.Cut(field, ",")
	var e *app.Error
	if !errors.As(err, &e) || e.Code != app.Invalid || e.Field != name {
		t.Errorf("%s: got %v, want Invalid about %s", field, err, name)
	}
}
