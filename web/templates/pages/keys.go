package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Keys is the list of API keys of one mode.
type Keys struct {
	Shell     layout.Shell
	Rows      []KeyRow
	Forbidden bool
}

// KeyRow is one API key. Status is active, expiring, expired or revoked.
type KeyRow struct {
	ID, Name, Prefix string
	Scopes           []string // empty allows everything
	AllowedIPs       []string // empty allows every address
	Status           string
	CreatedAt        app.Millis
	LastUsedAt       app.Millis
	ExpiresAt        app.Millis
	// Rolled says that another key replaces it already.
	Rolled bool
}

// overlaps chooses for how many hours a rolled key goes on. The row's id keeps
// the fields of several rows apart.
func overlaps(ctx context.Context, row string) components.Field {
	f := components.Field{Name: "overlap", ID: "overlap-" + row, Label: i18n.T(ctx, "keys.overlap"), Required: true}
	for _, hours := range []string{"0", "1", "24", "168"} {
		f.Options = append(f.Options, components.Option{Value: hours, Label: i18n.T(ctx, "keys.overlap_"+hours), Selected: hours == "24"})
	}
	return f
}

// Live reports whether the key can still be revoked.
func (r KeyRow) Live() bool { return r.Status == "active" || r.Status == "expiring" }

// KeyForm creates a key; it posts to Scope.Keys the fields name, scopes (any
// number), allowed_ips (one per line), expires (a date, or empty).
type KeyForm struct {
	Shell      layout.Shell
	Name       string
	Scopes     []string // chosen
	AllowedIPs string
	Expires    string
	Errors     map[string]string // translated, by field; "" is the whole form's
}

// KeyScopes lists every scope, in order.
func KeyScopes() []string {
	return []string{
		"payments:write", "payments:read", "refunds:write", "refunds:read",
		"events:read", "webhooks:write", "webhooks:read", "statements:read",
	}
}

func (v KeyForm) scopes(ctx context.Context) components.Field {
	f := components.Field{Name: "scopes", Label: i18n.T(ctx, "keys.scopes"), Help: i18n.T(ctx, "keys.scopes_help"), Error: v.Errors["scopes"]}
	for _, scope := range KeyScopes() {
		f.Options = append(f.Options, components.Option{Value: scope, Label: scope, Help: i18n.T(ctx, scopeKey(scope)), Selected: contains(v.Scopes, scope)})
	}
	return f
}

// NewSecret shows a secret for the only time: a new API key's or an endpoint's.
type NewSecret struct {
	Shell  layout.Shell
	Name   string // of the key or endpoint
	Secret string
	// Example is a shell command that uses the secret; empty for none.
	Example string
}
