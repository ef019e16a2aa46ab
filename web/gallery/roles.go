package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const roleID = "rol_01KASJ3V6T8C0QW2N4R5X7YZAR"

func rolePages() []Page {
	return []Page{
		{"roles", func(ctx context.Context, s layout.Shell) templ.Component {
			v := pages.Roles{Shell: at(s, layout.NavMembers), Own: []pages.RoleRow{
				{Key: roleID, Name: word(ctx, "退款专员", "Refund clerk"), Rights: 5, Holders: 2, UpdatedAt: noon.Add(-26 * time.Hour)},
				{Key: roleID, Name: word(ctx, "门店经理（只读）", "Store manager, read only"), Rights: 4, UpdatedAt: noon.Add(-900 * time.Hour)},
			}}
			for _, key := range []string{"owner", "developer", "finance", "viewer"} {
				v.BuiltIn = append(v.BuiltIn, pages.RoleRow{Key: key, Holders: 1})
			}
			return pages.RolesPage(v)
		}},
		{"roles-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.RolesPage(pages.Roles{Shell: at(s, layout.NavMembers), BuiltIn: []pages.RoleRow{{Key: "owner", Holders: 1}}})
		}},
		{"roles-new", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.RoleFormPage(pages.RoleForm{Shell: at(s, layout.NavMembers), Base: "finance", Groups: rightGroups(true)})
		}},
		{"roles-new-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.RoleFormPage(pages.RoleForm{Shell: at(s, layout.NavMembers), Name: word(ctx, "财务", "Finance"), Groups: rightGroups(true), Errors: map[string]string{
				"name": word(ctx, "与内置角色重名。", "A built-in role has this name."), "permissions": word(ctx, "请至少选择一项权限。", "Choose at least one permission."),
			}})
		}},
		{"roles-edit", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.RoleFormPage(pages.RoleForm{Shell: at(s, layout.NavMembers), ID: roleID, Version: 2, Holders: 2, Name: word(ctx, "退款专员", "Refund clerk"), Groups: rightGroups(true)})
		}},
		{"roles-one", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.RolePage(ownRole(ctx, at(s, layout.NavMembers)))
		}},
		{"roles-one-nobody", func(ctx context.Context, s layout.Shell) templ.Component {
			v := ownRole(ctx, at(s, layout.NavMembers))
			v.Holders, v.Invited = nil, 0
			return pages.RolePage(v)
		}},
		{"roles-one-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := ownRole(ctx, at(s, layout.NavMembers))
			v.Errors = map[string]string{"": word(ctx, "仍有人持有此角色或受邀担任此角色，请选择改为哪个角色。", "Somebody holds this role or is invited to it. Choose what they get instead.")}
			return pages.RolePage(v)
		}},
		{"invitation-link", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.InvitationLinkPage(invitationLink(ctx, s))
		}},
		{"invitation-unsent", func(ctx context.Context, s layout.Shell) templ.Component {
			v := invitationLink(ctx, s)
			v.Unsent = true
			return pages.InvitationLinkPage(v)
		}},
		{"join", func(ctx context.Context, s layout.Shell) templ.Component { return pages.JoinPage(joining(ctx, s)) }},
		{"join-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := joining(ctx, s)
			v.Name = word(ctx, "财务专员", "Finance Clerk")
			v.Errors = map[string]string{"password": word(ctx, "至少 12 个字符。", "At least 12 characters.")}
			return pages.JoinPage(v)
		}},
		{"join-signed-in", func(ctx context.Context, s layout.Shell) templ.Component {
			v := joining(ctx, s)
			v.As = v.Email
			return pages.JoinPage(v)
		}},
		{"join-other", func(ctx context.Context, s layout.Shell) templ.Component {
			v := joining(ctx, s)
			v.As = "owner@jinxiang.example"
			return pages.JoinPage(v)
		}},
		{"join-gone", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.JoinPage(pages.Join{Shell: signedOut(s), Gone: true})
		}},
	}
}

func rightGroups(all bool) []pages.RightGroup {
	groups := []pages.RightGroup{
		{Object: "payments", Rights: []pages.RightChoice{{Value: "payments:read", Key: "merchant_payments_read", Held: true}, {Value: "payments:close", Key: "merchant_payments_close"}, {Value: "payments:sync", Key: "merchant_payments_sync", Held: true}, {Value: "payments:export", Key: "merchant_payments_export"}}},
		{Object: "refunds", Rights: []pages.RightChoice{{Value: "refunds:read", Key: "merchant_refunds_read", Held: true}, {Value: "refunds:create", Key: "merchant_refunds_create", Held: true}, {Value: "refunds:approve", Key: "merchant_refunds_approve"}}},
		{Object: "keys", Rights: []pages.RightChoice{{Value: "keys:read", Key: "merchant_keys_read"}, {Value: "keys:write", Key: "merchant_keys_write"}}},
		{Object: "settings", Rights: []pages.RightChoice{{Value: "settings:read", Key: "merchant_settings_read"}}},
	}
	if all {
		return groups
	}
	return groups[:2]
}

func ownRole(ctx context.Context, s layout.Shell) pages.Role {
	return pages.Role{
		Shell: s, ID: roleID, Name: word(ctx, "退款专员", "Refund clerk"), Groups: rightGroups(false), Holders: members(ctx)[1:3], Invited: 1,
		Instead: []string{"viewer", "finance", "developer", "owner"},
	}
}

func invitationLink(ctx context.Context, s layout.Shell) pages.InvitationLink {
	return pages.InvitationLink{
		Shell: at(s, layout.NavMembers), Email: "clerk@jinxiang.example", Role: word(ctx, "退款专员", "Refund clerk"), ExpiresAt: noon.Add(7 * 24 * time.Hour),
		Link: "https://pay.example.com/console/invitations/5nX0c2yqk7Vw1mT8eRz4bH9uLs3dFg6jAiQoPxKvN0E",
	}
}

func joining(ctx context.Context, s layout.Shell) pages.Join {
	return pages.Join{
		Shell: signedOut(s), Merchant: s.Merchant.Name, Email: "clerk@jinxiang.example", Role: word(ctx, "财务", "Finance"), By: word(ctx, "商户负责人", "Merchant Owner"),
		Action: "/console/invitations/x", SignIn: "/console/sign-in",
	}
}
