package access

import (
	"sync"

	"github.com/casbin/casbin/v2"
)

// ownRules are the roles of one merchant's own. They are compiled when first
// asked about, apart from the templates and from other merchants: the lines of a
// thousand merchants would otherwise stand in the way of every decision.
type ownRules struct {
	roles    []CustomRole
	bindings []Binding

	once     sync.Once
	enforcer *casbin.SyncedCachedEnforcer
	err      error
}

func (o *ownRules) compiled() (*casbin.SyncedCachedEnforcer, error) {
	o.once.Do(func() { o.enforcer, o.err = newEnforcer(o.permissionLines(), o.bindingLines()) })
	return o.enforcer, o.err
}

func (o *ownRules) permissionLines() [][]string {
	var lines [][]string
	for _, c := range o.roles {
		for _, r := range c.Rights {
			lines = append(lines, []string{rolePrefix + c.ID, string(InMerchant), string(r.Object), string(r.Action)})
		}
	}
	return lines
}

func (o *ownRules) bindingLines() [][]string {
	var lines [][]string
	for _, b := range o.bindings {
		lines = append(lines, []string{b.UserID, rolePrefix + string(b.Role), b.Domain})
	}
	return lines
}

// sortOut gives each merchant its own roles and who holds them. A binding to a
// role of another merchant, or to none, is left out.
func sortOut(roles []CustomRole, bindings []Binding) (own map[string]*ownRules, builtIn []Binding) {
	own = map[string]*ownRules{}
	merchantOf := map[Role]string{}
	for _, c := range roles {
		if own[c.MerchantID] == nil {
			own[c.MerchantID] = &ownRules{}
		}
		own[c.MerchantID].roles = append(own[c.MerchantID].roles, c)
		merchantOf[c.Role()] = c.MerchantID
	}
	for _, b := range bindings {
		switch {
		case !b.Role.Custom():
			builtIn = append(builtIn, b)
		case merchantOf[b.Role] == b.Domain && b.Domain != "":
			own[b.Domain].bindings = append(own[b.Domain].bindings, b)
		}
	}
	return own, builtIn
}
