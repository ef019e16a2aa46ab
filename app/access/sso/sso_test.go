package sso_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/sso"
	"github.com/piaohao/piaohao/app/access/sso/ssotest"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

type clock struct{ ahead time.Duration }

func (c *clock) Now() time.Time { return time.Now().Add(c.ahead) }

// world is a Service with one provider, and a person there.
type world struct {
	*testing.T
	db    *db.DB
	clock *clock
	idp   *ssotest.Provider
	sso   *sso.Service
	here  sso.Browser
}

var signIn = sso.Goal{Purpose: sso.ToSignIn}

const base = "https://pay.example.com"

func open(t *testing.T, d *db.DB, idp *ssotest.Provider, change func(p *sso.Provider)) *world {
	t.Helper()
	p := sso.Provider{
		Name: "corp", Title: "Corp", Issuer: idp.URL, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret,
		Scopes: []string{"email", "profile"}, GroupsClaim: "groups", AllowedDomains: []string{"example.com"},
	}
	if change != nil {
		change(&p)
	}
	w := &world{T: t, db: d, clock: &clock{}, idp: idp, here: sso.NewBrowser()}
	w.sso = sso.New(sso.Config{DB: d, Clock: w.clock, BaseURL: base, Providers: []sso.Provider{p}, Client: func(sso.Provider) *http.Client { return idp.Client() }})
	idp.Set(func(p *ssotest.Provider) {
		p.Twist, p.Sign, p.Down = nil, nil, false
		p.Person = map[string]any{"sub": "42", "email": "Owner@Example.com", "email_verified": true, "name": "Owner\u202e\n", "groups": []string{"finance", "staff"}}
	})
	return w
}

func (w *world) begin(g sso.Goal) string {
	w.Helper()
	to, err := w.sso.Begin(w.Context(), "corp", w.here, g)
	if err != nil {
		w.Fatal(err)
	}
	return to
}

// walk sends the browser to the provider and returns what it brings back.
func (w *world) walk(to string) sso.Answer {
	w.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(to)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || back.Scheme+"://"+back.Host+back.Path != base+"/console/sso/corp/callback" {
		w.Fatalf("the provider leads to %q, %v", res.Header.Get("Location"), err)
	}
	q := back.Query()
	return sso.Answer{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss")}
}

func (w *world) finish(b sso.Browser, a sso.Answer) (sso.Arrival, error) {
	return w.sso.Finish(w.Context(), "corp", b, a)
}

func reason(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestAProviderVouchesForSomebody(t *testing.T) {
	idp := ssotest.New(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d, idp, func(p *sso.Provider) { p.TrustMFA = true })
		goal := sso.Goal{Purpose: sso.ToLink, UserID: "usr_1", Next: "/console/m/x"}
		answer := w.walk(w.begin(goal))
		got, err := w.finish(w.here, answer)
		if err != nil {
			t.Fatal(err)
		}
		c := got.Claims
		if c.Issuer != idp.URL || c.Subject != "42" || c.Email != "owner@example.com" || c.Name != "Owner" || !slices.Equal(c.Groups, []string{"finance", "staff"}) || c.MFA {
			t.Errorf("claims %+v", c)
		}
		if got.Goal != goal {
			t.Errorf("goal %+v", got.Goal)
		}
		if _, err := w.finish(w.here, answer); reason(err) != sso.ReasonState {
			t.Errorf("the same answer again: %v", err)
		}
		fresh := w.walk(w.begin(goal))
		fresh.Code = answer.Code
		if _, err := w.finish(w.here, fresh); reason(err) != sso.ReasonInvalid {
			t.Errorf("the same code again: %v", err)
		}
		idp.Set(func(p *ssotest.Provider) { p.Person["amr"] = []string{"pwd", "mfa"} })
		if got, err = w.finish(w.here, w.walk(w.begin(goal))); err != nil || !got.Claims.MFA {
			t.Errorf("both factors: %+v, %v", got, err)
		}
	})
}

func TestAnAttemptBelongsToOneBrowserForAWhile(t *testing.T) {
	idp := ssotest.New(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d, idp, nil)
		answer := w.walk(w.begin(signIn))
		for name, try := range map[string]struct {
			browser sso.Browser
			state   string
		}{
			"another browser": {sso.NewBrowser(), answer.State}, "a browser without the cookie": {"", answer.State},
			"another state": {w.here, answer.State + "x"}, "no state": {w.here, ""},
		} {
			if _, err := w.finish(try.browser, sso.Answer{State: try.state, Code: answer.Code}); reason(err) != sso.ReasonState {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.clock.ahead = 11 * time.Minute
		if _, err := w.finish(w.here, answer); reason(err) != sso.ReasonState {
			t.Errorf("too late: %v", err)
		}
		if err := w.sso.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := d.Get(t.Context(), &left, `SELECT COUNT(*) FROM sso_attempts`); err != nil || left != 0 {
			t.Errorf("%d attempts are left, %v", left, err)
		}
	})
}

func TestTokensThatDoNotPass(t *testing.T) {
	idp := ssotest.New(t)
	w := open(t, dbtest.OpenSQLite(t), idp, nil)
	claim := func(name string, value any) func(*ssotest.Provider) {
		return func(p *ssotest.Provider) { p.Twist = func(c map[string]any) { c[name] = value } }
	}
	for name, c := range map[string]struct {
		change func(*ssotest.Provider)
		want   string
	}{
		"another nonce":                 {claim("nonce", "other"), sso.ReasonInvalid},
		"no nonce":                      {claim("nonce", ""), sso.ReasonInvalid},
		"another audience":              {claim("aud", "another client"), sso.ReasonInvalid},
		"several audiences":             {claim("aud", []string{ssotest.ClientID, "another client"}), sso.ReasonInvalid},
		"issued to another":             {claim("azp", "another client"), sso.ReasonInvalid},
		"another issuer":                {claim("iss", "https://evil.example"), sso.ReasonInvalid},
		"expired":                       {claim("exp", time.Now().Add(-time.Minute).Unix()), sso.ReasonInvalid},
		"no subject":                    {claim("sub", ""), sso.ReasonInvalid},
		"a subject of other than ASCII": {claim("sub", "é"), sso.ReasonInvalid},
		"unsigned":                      {func(p *ssotest.Provider) { p.Sign = (*ssotest.Provider).None }, sso.ReasonInvalid},
		"signed with the secret":        {func(p *ssotest.Provider) { p.Sign = (*ssotest.Provider).Shared }, sso.ReasonInvalid},
		"signed by a stranger":          {func(p *ssotest.Provider) { p.Sign = (*ssotest.Provider).Stranger }, sso.ReasonInvalid},
		"no token":                      {func(p *ssotest.Provider) { p.Sign = func(*ssotest.Provider, map[string]any) string { return "" } }, sso.ReasonInvalid},
		"unverified email":              {claim("email_verified", false), sso.ReasonUnverified},
		"email of no word":              {claim("email_verified", nil), sso.ReasonUnverified},
		"no email":                      {claim("email", nil), sso.ReasonUnverified},
		"an email of elsewhere":         {claim("email", "owner@example.org"), sso.ReasonDomain},
		"a lookalike domain":            {claim("email", "owner@notexample.com"), sso.ReasonDomain},
	} {
		idp.Set(func(p *ssotest.Provider) { p.Twist, p.Sign = nil, nil; c.change(p) })
		if _, err := w.finish(w.here, w.walk(w.begin(signIn))); reason(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	idp.Set(func(p *ssotest.Provider) { p.Twist, p.Sign = nil, nil; p.Person["email_verified"] = "true" })
	if _, err := w.finish(w.here, w.walk(w.begin(signIn))); err != nil {
		t.Errorf("a provider that writes true as text: %v", err)
	}
	answer := w.walk(w.begin(signIn))
	answer.Issuer = "https://evil.example"
	if _, err := w.finish(w.here, answer); reason(err) != sso.ReasonInvalid {
		t.Errorf("an answer of another issuer: %v", err)
	}
	answer = sso.Answer{State: w.walk(w.begin(signIn)).State, Error: "access_denied"}
	if _, err := w.finish(w.here, answer); reason(err) != sso.ReasonRefused {
		t.Errorf("a refusal: %v", err)
	}
}

func TestAConfirmationIsOfNow(t *testing.T) {
	idp := ssotest.New(t)
	w := open(t, dbtest.OpenSQLite(t), idp, nil)
	for name, c := range map[string]struct {
		at   any
		want string
	}{
		"just asked": {time.Now().Unix(), ""}, "asked before it was begun": {time.Now().Add(-5 * time.Minute).Unix(), sso.ReasonStale}, "asked an hour ago": {time.Now().Add(-time.Hour).Unix(), sso.ReasonStale}, "not said": {nil, sso.ReasonStale},
	} {
		idp.Set(func(p *ssotest.Provider) { p.Person["auth_time"] = c.at })
		to := w.begin(sso.Goal{Purpose: sso.ToConfirm, UserID: "usr_1"})
		if q, err := url.Parse(to); err != nil || q.Query().Get("prompt") != "login" || q.Query().Get("max_age") != "0" {
			t.Errorf("the provider is not asked to ask: %s", to)
		}
		if _, err := w.finish(w.here, w.walk(to)); reason(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProviderThatIsDownIsAskedAgainLater(t *testing.T) {
	idp := ssotest.New(t)
	w := open(t, dbtest.OpenSQLite(t), idp, nil)
	idp.Set(func(p *ssotest.Provider) { p.Down = true })
	for range 2 {
		if _, err := w.sso.Begin(t.Context(), "corp", w.here, signIn); reason(err) != sso.ReasonDown || !app.Is(err, app.Unavailable) {
			t.Errorf("while it is down: %v", err)
		}
	}
	idp.Set(func(p *ssotest.Provider) { p.Down = false })
	if _, err := w.sso.Begin(t.Context(), "corp", w.here, signIn); reason(err) != sso.ReasonDown {
		t.Errorf("it is asked again at once: %v", err)
	}
	w.clock.ahead = 6 * time.Second
	answer := w.walk(w.begin(signIn))
	// Once it is known, an outage of the discovery document changes nothing.
	idp.Set(func(p *ssotest.Provider) { p.Down = true })
	w.clock.ahead += 9 * time.Minute
	w.begin(signIn)
	if _, err := w.finish(w.here, answer); reason(err) != sso.ReasonDown {
		t.Errorf("no token: %v", err)
	}
	if _, err := w.sso.Begin(t.Context(), "none", w.here, signIn); !app.Is(err, app.NotFound) {
		t.Errorf("a provider that is not configured: %v", err)
	}
}

func TestAnIdentityIsOneUsers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := sso.New(sso.Config{DB: d, Clock: &clock{}, BaseURL: base})
		c := sso.Claims{Issuer: "https://a.example", Subject: "42", Email: "owner@example.com"}
		link := func(user string, c sso.Claims) (i sso.Identity, err error) {
			err = d.InTx(t.Context(), func(tx *db.Tx) error { i, err = s.Link(t.Context(), tx, user, c); return err })
			return i, err
		}
		mine, err := link("usr_1", c)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := c
		elsewhere.Issuer = "https://b.example"
		if _, err := s.Of(t.Context(), d, elsewhere); !app.Is(err, app.NotFound) {
			t.Errorf("the same subject of another issuer: %v", err)
		}
		if found, err := s.Of(t.Context(), d, c); err != nil || found != mine {
			t.Errorf("found %+v, %v", found, err)
		}
		if _, err := link("usr_2", c); reason(err) != sso.ReasonTaken {
			t.Errorf("another user's: %v", err)
		}
		second := c
		second.Subject = "43"
		if _, err := link("usr_1", second); reason(err) != sso.ReasonTaken {
			t.Errorf("a second one of an issuer: %v", err)
		}
		unlink := func(user, id string) error {
			return d.InTx(t.Context(), func(tx *db.Tx) error { _, err := s.Unlink(t.Context(), tx, user, id); return err })
		}
		if err := unlink("usr_2", mine.ID); !app.Is(err, app.NotFound) {
			t.Errorf("unlinked by another: %v", err)
		}
		if err := unlink("usr_1", mine.ID); err != nil {
			t.Fatal(err)
		}
		if err := d.InTx(t.Context(), func(tx *db.Tx) error { return s.Used(t.Context(), tx, mine, c.Email) }); !app.Is(err, app.Unauthenticated) {
			t.Errorf("used after it was removed: %v", err)
		}
	})
}

func TestGroupsGiveRolesOnce(t *testing.T) {
	p := sso.Provider{Roles: []sso.RoleRule{
		{Group: "admins", Role: access.PlatformAdmin}, {Group: "finance", Role: access.Finance, Merchant: "mch_1"}, {Group: "staff", Role: access.Finance, Merchant: "mch_1"},
	}}
	if got := p.RolesFor([]string{"finance", "staff", "others"}); len(got) != 1 || got[0].Role != access.Finance {
		t.Errorf("roles %+v", got)
	}
	if got := p.RolesFor([]string{"Admins"}); len(got) != 0 {
		t.Errorf("a group of another spelling gives %+v", got)
	}
}
