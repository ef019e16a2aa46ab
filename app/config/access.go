package config

import "net/url"

// Access is what people have to show before they may do something.
type Access struct {
	// FreshFor is how long a password or second factor counts as given just now.
	FreshFor Duration `toml:"fresh_for"`
	// RequireSecondFactor is whose sign-in needs one: RequirePlatform,
	// RequireEveryone, or RequireNobody on one's own machine. A merchant's own rule
	// holds beside it.
	RequireSecondFactor string `toml:"require_second_factor"`
	// OIDC are the identity providers that people may sign in at.
	OIDC []OIDC `toml:"oidc"`
}

// Who must have a second factor.
const (
	RequirePlatform = "platform"
	RequireEveryone = "everyone"
	RequireNobody   = "nobody"
)

func (a Access) validate(p *Problems, baseURL string) {
	positive(p, "access.fresh_for", a.FreshFor)
	oneOf(p, "access.require_second_factor", a.RequireSecondFactor, RequirePlatform, RequireEveryone, RequireNobody)
	if a.RequireSecondFactor == RequireNobody && !onLoopback(baseURL) {
		p.add("access.require_second_factor", "leave it at "+RequirePlatform+`, or use a loopback host such as http://127.0.0.1:8080`,
			"%s lets platform administrators in by their password alone, from wherever %s is reached", RequireNobody, baseURL)
	}
	a.validateOIDC(p)
}

func onLoopback(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && loopback(u.Hostname())
}
