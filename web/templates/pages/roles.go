package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// OwnRole is a role of the merchant's own, as pages name it.
type OwnRole struct{ ID, Name string }

// Roles lists the roles that can be held in the merchant.
type Roles struct {
	Shell   layout.Shell
	BuiltIn []RoleRow // Name is empty
	Own     []RoleRow
}

// RoleRow is one role. Key is the built-in role's, or the own one's id.
type RoleRow struct {
	Key, Name string
	Rights    int // how many permissions it has
	Holders   int
	UpdatedAt app.Millis // 0 for a built-in role
}

// RightGroup are permissions to one kind of object.
type RightGroup struct {
	Object string
	Rights []RightChoice
}

// RightChoice is one permission: Value as it is sent, Key of its sentence below
// "permission.".
type RightChoice struct {
	Value, Key string
	Held       bool
}

// RoleForm makes a role, or changes the one of ID: the fields name, permissions
// and, for a change, version.
type RoleForm struct {
	Shell   layout.Shell
	ID      string // "" for a new one
	Version int64
	Name    string
	Base    string // the built-in role that a new one is based on, "" for none
	Groups  []RightGroup
	Holders int
	Errors  map[string]string
}

// Role is one role of the merchant's own.
type Role struct {
	Shell   layout.Shell
	ID      string
	Name    string
	Groups  []RightGroup // what is held alone
	Holders []MemberRow
	Invited int
	// Instead are the roles that its holders can get when it is deleted.
	Instead []string
	Own     []OwnRole
	Errors  map[string]string
}

// bases are the built-in roles that a new one can begin as.
func (v RoleForm) bases() []string { return []string{"viewer", "finance", "developer", "owner"} }

func (v RoleForm) title(ctx context.Context) string {
	if v.ID == "" {
		return i18n.T(ctx, "roles.new")
	}
	return i18n.T(ctx, "roles.edit")
}

func (g RightGroup) field(ctx context.Context) components.Field {
	f := components.Field{Name: "permissions", ID: "permissions-" + g.Object, Label: i18n.T(ctx, "right_group."+g.Object)}
	for _, r := range g.Rights {
		f.Options = append(f.Options, components.Option{Value: r.Value, Label: i18n.T(ctx, "permission."+r.Key), Selected: r.Held})
	}
	return f
}

// insteadField chooses what a deleted role's holders get.
func (v Role) insteadField(ctx context.Context) components.Field {
	f := components.Field{Name: "instead", Label: i18n.T(ctx, "roles.instead"), Help: i18n.T(ctx, "roles.instead_help"), Conditional: true}
	for _, key := range v.Instead {
		f.Options = append(f.Options, components.Option{Value: key, Label: roleWord(ctx, key, v.Own), Selected: key == "viewer"})
	}
	return f
}

// roleWord names a role: a built-in one in the reader's language, one of the
// merchant's own as its owner has.
func roleWord(ctx context.Context, key string, own []OwnRole) string {
	for _, o := range own {
		if o.ID == key {
			return o.Name
		}
	}
	if len(key) > 4 && key[:4] == app.PrefixRole {
		return i18n.T(ctx, "roles.gone")
	}
	return i18n.T(ctx, "role."+key)
}
