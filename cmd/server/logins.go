package main

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/access/passkeys"
	"github.com/piaohao/piaohao/app/access/sso"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/safedial"
)

// wireLogins makes the ways to sign in besides the password.
func (p *platform) wireLogins() error {
	keys, err := passkeys.New(p.db, p.access, p.clock, p.config.Server.BaseURL)
	if err != nil {
		return fmt.Errorf("wire passkeys: %w", err)
	}
	providers := sso.New(sso.Config{
		DB: p.db, Clock: p.clock, BaseURL: p.config.Server.BaseURL, Providers: providersOf(p.config.Access), Client: providerClient,
	})
	p.logins = admin.NewLogins(p.admin, keys, providers)
	return nil
}

func providersOf(a config.Access) []sso.Provider {
	var out []sso.Provider
	for _, o := range a.OIDC {
		one := sso.Provider{
			Name: o.Name, Title: o.Title, Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(), Scopes: o.Scopes,
			AllowedDomains: o.AllowedDomains, LinkByEmail: o.LinkByEmail, AutoCreate: o.AutoCreate, GroupsClaim: o.GroupsClaim, TrustMFA: o.TrustMFA,
		}
		for _, r := range o.Roles {
			one.Roles = append(one.Roles, sso.RoleRule{Group: r.Group, Role: access.Role(r.Role), Merchant: r.Merchant})
		}
		out = append(out, one)
	}
	return out
}

// providerClient reaches a provider wherever the operator says it is, private
// networks included, and whatever else it publishes on the internet only.
func providerClient(p sso.Provider) *http.Client {
	options := safedial.Options{Timeout: 10 * time.Second, MaxBody: 1 << 20}
	if u, err := url.Parse(p.Issuer); err == nil {
		options.AllowHosts = []string{u.Hostname()}
	}
	return safedial.Client(options)
}
