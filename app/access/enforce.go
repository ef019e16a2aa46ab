package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/piaohao/piaohao/app"
)

// The model: an allow wins and nothing else allows, so an empty policy denies.
// Permissions are templates for every merchant. Cheap comparisons come first
// and g last, asked for the few lines left. A role is held in the asked domain
// or, by platform roles, in "*"; that is asked for by name, since a domain
// matching function compares each merchant with every other on each load.
const casbinModel = `
[request_definition]
r = sub, dom, place, obj, act
[policy_definition]
p = sub, place, obj, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.act == p.act && r.obj == p.obj && r.place == p.place && (g(r.sub, p.sub, r.dom) || g(r.sub, p.sub, "*"))
`

// anywhere is the domain in which platform roles are held.
const anywhere = "*"

// rolePrefix keeps roles and users apart: to casbin, a user who is called like
// a role would have it.
const rolePrefix = "role:"

// Allowed reports whether the user may do the action to objects of the domain:
// a merchant's id, Platform or Self. Whatever the policy does not allow is
// denied. A change of roles counts here at once when this server made it, and
// within five seconds when another did. Within the one merchant that the context
// looks into (see Viewing), what platform roles may do in every merchant counts
// as well. Code: Unavailable when the roles cannot be read.
func (s *Service) Allowed(ctx context.Context, userID, domain string, o Object, a Action) (bool, error) {
	if !strings.HasPrefix(userID, app.PrefixUser) || domain == "" || domain == anywhere {
		return false, nil
	}
	current, err := s.policy.current(ctx)
	if err != nil {
		return false, app.Errorf(app.Unavailable, "permissions cannot be read now; try again").WithCause(err)
	}
	ok, err := current.allows(userID, domain, place(domain), o, a)
	if err != nil || ok || !looksInto(ctx, userID, domain) {
		return ok, err
	}
	return current.allows(userID, domain, EveryMerchant, o, a)
}

// rules is one state of the policy, never changed: a decision cached in it
// cannot outlive it.
type rules struct {
	version  int64
	enforcer *casbin.SyncedCachedEnforcer // the templates
	own      map[string]*ownRules         // by merchant, of those that have any
}

// allows asks the templates first, which answer nearly every question.
func (r *rules) allows(userID, domain string, where Where, o Object, a Action) (bool, error) {
	ok, err := decide(r.enforcer, userID, domain, where, o, a)
	own := r.own[domain]
	if err != nil || ok || own == nil || where != InMerchant {
		return ok, err
	}
	enforcer, err := own.compiled()
	if err != nil {
		return false, err
	}
	return decide(enforcer, userID, domain, where, o, a)
}

func decide(e *casbin.SyncedCachedEnforcer, userID, domain string, where Where, o Object, a Action) (bool, error) {
	ok, err := e.Enforce(userID, domain, string(where), string(o), string(a))
	if err != nil {
		return false, fmt.Errorf("decide %s %s in %s: %w", o, a, domain, err)
	}
	return ok, nil
}

// place tells what kind of domain it is.
func place(domain string) Where {
	switch domain {
	case Platform:
		return OnPlatform
	case Self:
		return OnSelf
	}
	return InMerchant
}

// newRules compiles permissions and who holds which role where. Bindings that
// no grant could have made are left out, whoever wrote them.
func newRules(version int64, policy []Permission, roles []CustomRole, bindings []Binding) (*rules, error) {
	own, builtIn := sortOut(roles, bindings)
	lines := bindingLines(builtIn)
	for _, o := range own {
		lines = append(lines, holderLines(o.bindings)...)
	}
	e, err := newEnforcer(permissionLines(policy), distinct(lines))
	if err != nil {
		return nil, err
	}
	return &rules{version: version, enforcer: e, own: own}, nil
}

func newEnforcer(permissions, bindings [][]string) (*casbin.SyncedCachedEnforcer, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, fmt.Errorf("read the model: %w", err)
	}
	e, err := casbin.NewSyncedCachedEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("start the enforcer: %w", err)
	}
	e.SetCache(newDecisions())
	if len(permissions) > 0 {
		if _, err := e.AddPoliciesEx(permissions); err != nil {
			return nil, fmt.Errorf("load permissions: %w", err)
		}
	}
	if len(bindings) > 0 {
		if _, err := e.AddGroupingPoliciesEx(bindings); err != nil {
			return nil, fmt.Errorf("load role bindings: %w", err)
		}
	}
	return e, nil
}

func permissionLines(policy []Permission) [][]string {
	var lines [][]string
	for _, p := range policy {
		for _, a := range p.Actions {
			lines = append(lines, []string{rolePrefix + string(p.Role), string(p.Where), string(p.Object), string(a)})
		}
	}
	return lines
}

func bindingLines(bindings []Binding) [][]string {
	var lines [][]string
	for _, b := range bindings {
		if !b.Role.FitsDomain(b.Domain) {
			continue
		}
		domain := b.Domain
		if domain == Platform {
			domain = anywhere
		}
		lines = append(lines, []string{b.UserID, rolePrefix + string(b.Role), domain})
		lines = append(lines, holderLines([]Binding{b})...)
	}
	return lines
}

// holderLines give whoever has any role what is their own.
func holderLines(bindings []Binding) [][]string {
	var lines [][]string
	for _, b := range bindings {
		lines = append(lines, []string{b.UserID, rolePrefix + string(holder), Self})
	}
	return lines
}

func distinct(lines [][]string) [][]string {
	seen := map[string]bool{}
	return slices.DeleteFunc(lines, func(l []string) bool {
		key := strings.Join(l, " ")
		was := seen[key]
		seen[key] = true
		return was
	})
}
