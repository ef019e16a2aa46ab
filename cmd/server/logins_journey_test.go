package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/piaohao/piaohao/app/access/sso/ssotest"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// TestSigningInWithoutAPasswordAsAPersonDoesIt registers a passkey on Chromium's
// virtual authenticator, comes in by it in every way, and by an account at a
// provider with a page of its own.
func TestSigningInWithoutAPasswordAsAPersonDoesIt(t *testing.T) {
	idp := ssotest.New(t)
	p := startProduct(t, dbtest.SQLiteURL(t), func(c *config.Config) {
		// Browsers bind passkeys to names, and trust this one without TLS.
		c.Server.BaseURL = strings.Replace(c.Server.BaseURL, "127.0.0.1", "localhost", 1)
		c.Access.OIDC = []config.OIDC{{
			Name: "corp", Title: "Corp", Issuer: idp.URL, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret, Scopes: []string{"email"},
		}}
	})
	idp.Set(func(i *ssotest.Provider) {
		i.Asks, i.Person = true, map[string]any{"sub": "42", "email": "somebody@example.com", "email_verified": true}
	})
	b := p.openBrowser()
	device := b.device()
	b.signIn()
	b.addPasskey("Work laptop")
	b.linkAccount()

	b.signOut()
	b.look("sign-in-ways")
	b.leaves(b.byPasskey)
	b.do(chromedp.WaitVisible(`.topbar`))
	b.signOut()
	b.password()
	b.shows("h1", "Second step")
	b.leaves(b.byPasskey)
	b.do(chromedp.WaitVisible(`.topbar`))
	b.signOut()
	b.presses(`a[href^="/console/sso/corp"]`)
	b.presses(`#yes`)
	b.shows("h1", "Second step")
	b.leaves(b.byPasskey)
	b.do(chromedp.WaitVisible(`.topbar`))

	b.signOut()
	device.verifies(false)
	b.byPasskey()
	b.shows("[data-passkey-problem]", "No passkey was given")
	device.verifies(true)
	device.goBack()
	b.leaves(b.byPasskey)
	b.shows(".form-error", "was not accepted")
	if n := p.recorded("passkey.cloned"); n != 1 {
		t.Errorf("the copy is recorded %d times", n)
	}
	// A copy makes the password no more than it was.
	b.password()
	b.shows("h1", "Second step")
	if b.text("form[data-passkey]") != "" {
		t.Error("the copied passkey is asked for")
	}
}

// device is Chromium's virtual authenticator.
type device struct {
	b  *browser
	id webauthn.AuthenticatorID
}

func (b *browser) device() device {
	b.t.Helper()
	id, err := chromedp.Run(b.ctx, func(ctx context.Context, t *chromedp.Target) (webauthn.AuthenticatorID, error) {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return "", err
		}
		made, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return made.AuthenticatorID, err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return device{b, id}
}

// addCredential is webauthn.AddCredential without the fields that this device
// refuses even when they are empty.
var addCredential = cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}

// verifies sets whether it recognises its user.
func (d device) verifies(ok bool) {
	d.b.t.Helper()
	d.b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: d.id, IsUserVerified: ok})
		return err
	}))
}

// goBack makes its passkey a copy from before it was used.
func (d device) goBack() {
	d.b.t.Helper()
	d.b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		kept, err := cdp.Call(ctx, t, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: d.id})
		if err != nil {
			return err
		}
		for _, c := range kept.Credentials {
			if _, err := cdp.Call(ctx, t, webauthn.RemoveCredential, webauthn.RemoveCredentialParams{AuthenticatorID: d.id, CredentialID: c.CredentialID}); err != nil {
				return err
			}
			if _, err := cdp.Call(ctx, t, addCredential, map[string]any{"authenticatorId": d.id, "credential": map[string]any{
				"credentialId": c.CredentialID, "isResidentCredential": true, "rpId": c.RpID, "privateKey": c.PrivateKey, "userHandle": c.UserHandle, "signCount": 1,
			}}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (b *browser) addPasskey(name string) {
	b.t.Helper()
	b.goTo("/console/security")
	b.look("logins")
	b.presses(`a[href$="/passkeys/new"]`)
	b.do(chromedp.SendKeys(`#field-name`, name))
	b.presses(`form[data-passkey] button[type=submit]`)
	b.shows("h1", "Passkey added")
	b.goTo("/console/security")
	b.shows(".login-list", name)
}

func (b *browser) byPasskey() {
	b.t.Helper()
	b.do(chromedp.WaitVisible(`form[data-passkey] button`), chromedp.Click(`form[data-passkey] button`))
}

func (b *browser) signOut() {
	b.t.Helper()
	b.leaves(func() { b.eval(`document.querySelector('form[action="/console/sign-out"]').requestSubmit(); ""`) })
	b.do(chromedp.WaitVisible(`input[name=email]`))
}

func (b *browser) password() {
	b.t.Helper()
	b.do(chromedp.SendKeys(`input[name=email]`, b.facts.Email), chromedp.SendKeys(`input[name=password]`, b.facts.Password))
	b.presses(`main button[type=submit]`)
}

// linkAccount links the account that is signed in at the provider.
func (b *browser) linkAccount() {
	b.t.Helper()
	b.presses(`form[action$="/identities/link/corp"] button`)
	b.presses(`a.btn-primary`)
	b.presses(`#yes`)
	b.shows(".login-list", "somebody@example.com")
}

// recorded counts the platform's audit rows of an act.
func (p *product) recorded(action string) int {
	p.t.Helper()
	var n int
	if err := p.server.db.Get(p.t.Context(), &n, `SELECT COUNT(*) FROM audit_rows WHERE action = ?`, action); err != nil {
		p.t.Fatal(err)
	}
	return n
}
