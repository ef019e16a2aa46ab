package merchants

import (
	"maps"
	"net/netip"

	"github.com/piaohao/piaohao/app"
)

// accountFacts is what an audit row says about an account: nothing of its keys
// but what a certificate tells everybody.
type accountFacts struct {
	Name           string            `json:"name"`
	Mode           string            `json:"mode"`
	Channel        string            `json:"channel"`
	Identity       string            `json:"identity"`
	SubIdentity    string            `json:"sub_identity,omitempty"`
	ProviderID     string            `json:"provider_id,omitempty"`
	Enabled        bool              `json:"enabled"`
	Version        int64             `json:"version"`
	Priority       int64             `json:"priority"`
	ConfirmByQuery bool              `json:"confirm_by_query"`
	FeeRate        string            `json:"fee_rate"` // "" when nobody said
	Inspected      bool              `json:"inspected"`
	Facts          map[string]string `json:"facts"`
	Apps           []appFacts        `json:"apps"`
}

type appFacts struct {
	AppID     string `json:"appid"`
	Kind      string `json:"kind"`
	HasSecret bool   `json:"has_app_secret"`
}

func factsOf(a Account) accountFacts {
	f := accountFacts{
		Name: a.Name, Mode: string(a.Mode), Channel: string(a.Channel), Identity: a.Identity, SubIdentity: a.SubIdentity,
		ProviderID: a.ProviderID,
		Enabled:    a.Enabled, Version: a.Version, Priority: a.Priority, ConfirmByQuery: a.ConfirmByQuery,
		Inspected: a.Health.Inspected, Facts: maps.Clone(a.Facts),
	}
	if a.FeeRate != NoRate {
		f.FeeRate = a.FeeRate.String()
	}
	for _, x := range a.AppIDs {
		f.Apps = append(f.Apps, appFacts{AppID: x.AppID, Kind: string(x.Kind), HasSecret: x.HasSecret})
	}
	return f
}

// keyFacts is what an audit row says about a key.
type keyFacts struct {
	Name       string         `json:"name"`
	Mode       string         `json:"mode"`
	Kind       string         `json:"kind"`
	Prefix     string         `json:"prefix"`
	Scopes     []Scope        `json:"scopes"`
	AllowedIPs []netip.Prefix `json:"allowed_ips"`
	ExpiresAt  app.Millis     `json:"expires_at"`
	RevokedAt  app.Millis     `json:"revoked_at"`
	RolledFrom string         `json:"rolled_from,omitempty"`
	RolledTo   string         `json:"rolled_to,omitempty"`
}

func keyFactsOf(k Key) keyFacts {
	return keyFacts{
		Name: k.Name, Mode: string(k.Mode), Kind: string(k.Kind), Prefix: k.Prefix, Scopes: k.Scopes, AllowedIPs: k.AllowedIPs,
		ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, RolledFrom: k.RolledFrom, RolledTo: k.RolledTo,
	}
}
