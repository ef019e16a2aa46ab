package access

import (
	"cmp"
	"slices"
)

// MatrixRow is one permission and the roles that have it, for the page that
// shows who may do what.
type MatrixRow struct {
	Where  Where // InMerchant also holds the roles that have it for EveryMerchant
	Object Object
	Action Action
	Roles  []Role
}

// Matrix returns the whole policy by permission: the merchants' first, then the
// platform's, each in the policy's order.
func Matrix() []MatrixRow {
	var rows []MatrixRow
	for _, p := range Policy() {
		where := p.Where
		if where == EveryMerchant {
			where = InMerchant
		}
		for _, a := range p.Actions {
			i := slices.IndexFunc(rows, func(r MatrixRow) bool { return r.Where == where && r.Object == p.Object && r.Action == a })
			if i < 0 {
				i = len(rows)
				rows = append(rows, MatrixRow{Where: where, Object: p.Object, Action: a})
			}
			rows[i].Roles = append(rows[i].Roles, p.Role)
		}
	}
	slices.SortStableFunc(rows, func(a, b MatrixRow) int { return cmp.Compare(order(a.Where), order(b.Where)) })
	return rows
}

func order(w Where) int { return slices.Index([]Where{InMerchant, OnPlatform, OnSelf}, w) }
