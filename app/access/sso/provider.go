package sso

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/piaohao/piaohao/app"
)

const (
	discoveryPatience = 5 * time.Second
	discoveryLife     = time.Hour
	discoveryPause    = 5 * time.Second // after a failure
)

// provider is a configured provider with what it publishes about itself.
type provider struct {
	Provider
	clock    app.Clock
	client   *http.Client
	redirect string

	mu        sync.Mutex
	published *oidc.Provider
	readAt    time.Time
	failedAt  time.Time
	failure   error
}

// discover returns what the provider publishes: read when first needed, kept
// for an hour, and for longer while it is down. Code: Unavailable (sso_down).
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	fresh := p.published != nil && now.Sub(p.readAt) < discoveryLife
	if !fresh && now.Sub(p.failedAt) >= discoveryPause {
		ctx, cancel := context.WithTimeout(p.with(ctx), discoveryPatience)
		defer cancel()
		found, err := oidc.NewProvider(ctx, p.Issuer)
		if err == nil {
			p.published, p.readAt, p.failure = found, now, nil
		} else {
			p.failedAt, p.failure = now, err
		}
	}
	if p.published == nil {
		return nil, failed(app.Unavailable, ReasonDown, "the identity provider %s does not answer", p.Name).WithCause(p.failure)
	}
	return p.published, nil
}

// with has the libraries use the provider's own client.
func (p *provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

func (p *provider) oauth(published *oidc.Provider) *oauth2.Config {
	scopes := append([]string{oidc.ScopeOpenID}, p.Scopes...)
	slices.Sort(scopes)
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: published.Endpoint(),
		RedirectURL: p.redirect, Scopes: slices.Compact(scopes),
	}
}

// verifier takes tokens for us that are signed with a key pair: "none" and
// shared secrets are never accepted, whatever the provider publishes.
func (p *provider) verifier(published *oidc.Provider) *oidc.IDTokenVerifier {
	return published.Verifier(&oidc.Config{
		ClientID: p.ClientID, Now: p.clock.Now,
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA},
	})
}
