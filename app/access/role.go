package access

import (
	"slices"

	"github.com/piaohao/piaohao/app"
)

// Role is a named set of permissions; a user holds it within a domain.
type Role string

// The roles. The first four belong to one merchant, the others to the platform.
const (
	Owner            Role = "owner"
	Developer        Role = "developer"
	Finance          Role = "finance"
	Viewer           Role = "viewer"
	PlatformAdmin    Role = "platform_admin"
	PlatformOperator Role = "platform_operator"
	PlatformAuditor  Role = "platform_auditor"
)

// Platform is the domain of what concerns no single merchant. Every other
// domain but Self is a merchant's id.
const Platform = "platform"

// Self is the domain of what is a user's own, such as their sessions: every
// user who holds any role has it.
const Self = "self"

// MerchantRoles returns the roles that are held within one merchant.
func MerchantRoles() []Role { return []Role{Owner, Developer, Finance, Viewer} }

// PlatformRoles returns the roles that are held on the platform.
func PlatformRoles() []Role { return []Role{PlatformAdmin, PlatformOperator, PlatformAuditor} }

// Custom reports whether r is a role of some merchant's own: a CustomRole's id.
func (r Role) Custom() bool { return app.ValidID(app.PrefixRole, string(r)) }

// ofMerchant reports whether r is held within a merchant.
func (r Role) ofMerchant() bool { return r.Custom() || slices.Contains(MerchantRoles(), r) }

// FitsDomain reports whether r can be held in the domain. Whether a role of a
// merchant's own belongs to just that merchant is in the database.
func (r Role) FitsDomain(domain string) bool {
	if domain == Platform {
		return slices.Contains(PlatformRoles(), r)
	}
	return domain != "" && domain != Self && domain != anywhere && r.ofMerchant()
}

// MayGrant reports whether a holder of r may grant and revoke other: nobody
// gives what is above their own. Where the two apply is the domain's matter.
func (r Role) MayGrant(other Role) bool {
	switch r {
	case PlatformAdmin:
		return slices.Contains(PlatformRoles(), other) || other.ofMerchant()
	case Owner:
		return other.ofMerchant()
	}
	return false
}

// Indispensable reports whether a domain must keep an active holder
// of the role, since nobody could grant it again.
func (r Role) Indispensable() bool { return r == Owner || r == PlatformAdmin }
