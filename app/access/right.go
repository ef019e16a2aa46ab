package access

import (
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// Right is one permission within a merchant, as a role of the merchant's own
// holds it.
type Right struct {
	Object Object
	Action Action
}

// String writes the right as it is stored and sent: "payments:read".
func (r Right) String() string { return string(r.Object) + ":" + string(r.Action) }

// Changes reports whether the right lets anything be changed.
func (r Right) Changes() bool { return r.Action != Read && r.Action != Export }

// ParseRight reads what String writes.
func ParseRight(s string) Right {
	o, a, _ := strings.Cut(s, ":")
	return Right{Object(o), Action(a)}
}

// home is in every role, since every page of a merchant begins there.
func home() Right { return Right{Home, Read} }

// ownersAlone are the owner's rights that no other role of the merchant can
// hold: whoever appoints people or writes roles could appoint themselves.
func ownersAlone() []Right { return []Right{{Members, Write}, {Roles, Write}} }

// RoleRights lists the rights that a role of a merchant's own may hold, in the
// policy's order: the owner's, without those that are the owner's alone.
func RoleRights() []Right {
	return slices.DeleteFunc(rightsOf(Owner), func(r Right) bool { return slices.Contains(ownersAlone(), r) })
}

// rightsOf lists what a built-in role may do within a merchant.
func rightsOf(role Role) []Right {
	var out []Right
	for _, p := range Policy() {
		if p.Role != role || p.Where != InMerchant && p.Where != EveryMerchant {
			continue
		}
		for _, a := range p.Actions {
			out = append(out, Right{p.Object, a})
		}
	}
	return out
}

// BuiltInRights lists what a built-in role may do within a merchant, of what a
// role of the merchant's own may hold: what such a role can be based on.
func BuiltInRights(role Role) []Right {
	may := RoleRights()
	return slices.DeleteFunc(rightsOf(role), func(r Right) bool { return !slices.Contains(may, r) })
}

// needed are the rights without which one would lead nowhere, besides reading
// its own object: the form of a refund stands on the payment's page.
var needed = map[Right][]Right{
	{Refunds, Create}:  {{Payments, Read}},
	{Payments, Export}: {{Payments, Read}},
	// A spreadsheet of exceptions leads to what reconciliation found.
	{Exceptions, Write}: {{Reconciliation, Read}},
	{Roles, Read}:       {{Members, Read}},
}

// wholeRights checks a choice of rights and completes it: the start page, and
// what each right needs. Invalid on field "permissions".
func wholeRights(chosen []Right) ([]Right, error) {
	may, have := RoleRights(), map[Right]bool{home(): true}
	for _, r := range chosen {
		if !slices.Contains(may, r) {
			return nil, app.InvalidField("permissions", "unknown", "no role can hold the permission %s", r)
		}
		have[r] = true
		if read := (Right{r.Object, Read}); slices.Contains(may, read) {
			have[read] = true
		}
		for _, n := range needed[r] {
			have[n] = true
		}
	}
	if len(have) == 1 {
		return nil, app.InvalidField("permissions", "required", "choose at least one permission")
	}
	return slices.DeleteFunc(may, func(r Right) bool { return !have[r] }), nil
}
