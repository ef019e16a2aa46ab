package sso

import (
	"crypto/hmac"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
)

// Claims is what a provider vouches for about somebody.
type Claims struct {
	Issuer, Subject string
	Email           string // verified, lower case
	Name            string // the email where the provider has none
	Groups          []string
	MFA             bool      // the provider asked for two factors, and is trusted with it
	AskedAt         time.Time // when the person last showed the provider who they are
}

// saysTrue is a boolean that some providers write as text.
type saysTrue bool

// UnmarshalJSON takes true and "true" for true, and everything else for false.
func (b *saysTrue) UnmarshalJSON(text []byte) error {
	*b = string(text) == "true" || string(text) == `"true"`
	return nil
}

// read checks what the libraries leave to us, in this order: the token answers
// our question, was issued to us, and vouches for an email we take.
func (p *provider) read(token *oidc.IDToken, nonce string) (Claims, error) {
	var said struct {
		AuthorizedParty string   `json:"azp"`
		Email           string   `json:"email"`
		EmailVerified   saysTrue `json:"email_verified"`
		Name            string   `json:"name"`
		Methods         []string `json:"amr"`
		AskedAt         int64    `json:"auth_time"`
	}
	all := map[string]any{}
	if err := token.Claims(&said); err != nil {
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "the ID token of %s cannot be read", p.Name).WithCause(err)
	}
	if err := token.Claims(&all); err != nil {
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "the ID token of %s cannot be read", p.Name).WithCause(err)
	}
	switch {
	case !hmac.Equal([]byte(token.Nonce), []byte(nonce)):
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "the ID token of %s answers another question", p.Name)
	case said.AuthorizedParty != "" && said.AuthorizedParty != p.ClientID, said.AuthorizedParty == "" && len(token.Audience) > 1:
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "the ID token of %s was issued to another client", p.Name)
	case !app.PlainASCII(token.Subject, 255):
		return Claims{}, failed(app.Unauthenticated, ReasonInvalid, "the ID token of %s names no usable subject", p.Name)
	}
	email, err := access.NormalEmail(said.Email)
	if err != nil || !bool(said.EmailVerified) {
		return Claims{}, failed(app.Forbidden, ReasonUnverified, "%s does not vouch for an email of %s", p.Name, token.Subject)
	}
	if !p.takes(email) {
		return Claims{}, failed(app.Forbidden, ReasonDomain, "%s is of a domain that %s may not bring", email, p.Name)
	}
	name := access.OneLine(said.Name)
	if name == "" {
		name = email
	}
	return Claims{
		Issuer: token.Issuer, Subject: token.Subject, Email: email, Name: name, Groups: groups(all, p.GroupsClaim),
		MFA:     p.TrustMFA && slices.Contains(said.Methods, "mfa"),
		AskedAt: time.Unix(said.AskedAt, 0),
	}, nil
}

func (p *provider) takes(email string) bool {
	_, domain, _ := strings.Cut(email, "@")
	return len(p.AllowedDomains) == 0 || slices.ContainsFunc(p.AllowedDomains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// groups reads a list of texts, or a single one, from where the claim is:
// "groups", or nested as in "realm_access.roles".
func groups(claims map[string]any, path string) []string {
	if path == "" {
		return nil
	}
	value, ok := claims[path]
	if !ok {
		first, rest, nested := strings.Cut(path, ".")
		inner, isObject := claims[first].(map[string]any)
		if nested && isObject {
			return groups(inner, rest)
		}
		return nil
	}
	if one, ok := value.(string); ok {
		return []string{one}
	}
	var out []string
	text, err := json.Marshal(value)
	if err != nil || json.Unmarshal(text, &out) != nil {
		return nil
	}
	return out
}

// RolesFor are the roles that the groups give a new user.
func (p Provider) RolesFor(groups []string) []RoleRule {
	var out []RoleRule
	for _, r := range p.Roles {
		if slices.Contains(groups, r.Group) && !slices.ContainsFunc(out, func(x RoleRule) bool { return x.Role == r.Role && x.Merchant == r.Merchant }) {
			out = append(out, r)
		}
	}
	return out
}
