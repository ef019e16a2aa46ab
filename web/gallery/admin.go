package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func adminPages() []Page {
	return []Page{
		{"admin-merchants", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.MerchantsPage(pages.Merchants{
				Shell: at(platform(s), layout.NavMerchants), Pager: components.Pager{Path: routes.AdminMerchants, Shown: 3},
				Filters: pages.Filter(ctx, routes.AdminMerchants, "", "", "merchant_status.", "", pages.MerchantStates()),
				Rows:    merchantRows(ctx),
				Name:    word(ctx, "晋祥茶行", "Jinxiang Tea"), Errors: map[string]string{"name": word(ctx, "该名称已被使用", "This name is taken")},
			})
		}},
		{"admin-merchants-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.MerchantsPage(pages.Merchants{Shell: at(platform(s), layout.NavMerchants)})
		}},
		{"admin-merchant", func(ctx context.Context, s layout.Shell) templ.Component {
			row := merchantRows(ctx)[0]
			return pages.AdminMerchantPage(pages.AdminMerchant{
				Shell: at(platform(s), layout.NavMerchants), Merchant: row, Name: row.Name, Members: members(ctx), SeesMembers: true, Mails: true,
				Invited: []pages.InvitationRow{
					{ID: "inv_3", Email: "owner@pingyao.example", Role: "owner", SentAt: noon.Add(-26 * time.Hour), ExpiresAt: noon.Add(142 * time.Hour)},
					{ID: "inv_2", Email: "audit@accounting.jinxiang.example", Role: "viewer", SentAt: noon.Add(-400 * time.Hour), ExpiresAt: noon.Add(-232 * time.Hour), Expired: true},
				},
			})
		}},
		{"admin-merchant-suspended", func(ctx context.Context, s layout.Shell) templ.Component {
			row := merchantRows(ctx)[2]
			return pages.AdminMerchantPage(pages.AdminMerchant{
				Shell: at(platform(s), layout.NavMerchants), Merchant: row, Name: row.Name, SeesMembers: true,
				Errors: map[string]string{"confirm": word(ctx, "输入的确认文字不一致，未做任何更改。", "The text typed to confirm differs. Nothing was changed.")},
			})
		}},
		{"admin-users", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.UsersPage(userList(ctx, at(platform(s), layout.NavUsers)))
		}},
		{"admin-users-none-match", func(ctx context.Context, s layout.Shell) templ.Component {
			v := userList(ctx, at(platform(s), layout.NavUsers))
			v.Rows = nil
			v.Filters = pages.UserFilters(ctx, "nobody@jinxiang.example", "none", "active")
			return pages.UsersPage(v)
		}},
		{"admin-users-new", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.UserFormPage(pages.UserForm{Shell: at(platform(s), layout.NavUsers)})
		}},
		{"admin-users-new-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.UserFormPage(pages.UserForm{
				Shell: at(platform(s), layout.NavUsers), Person: pages.PersonForm{Email: "owner@jinxiang.example", Name: word(ctx, "商户负责人", "Merchant Owner"), Role: "owner"},
				Errors: map[string]string{
					"email":  word(ctx, "该邮箱已被其他用户使用。", "Another user has this email."),
					"domain": word(ctx, "请填写角色所属的商户。", "Name the merchant in which the role is held."),
				},
			})
		}},
		{"admin-user", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.AdminUserPage(oneUser(ctx, at(platform(s), layout.NavUsers)))
		}},
		{"admin-user-disabled", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneUser(ctx, at(platform(s), layout.NavUsers))
			v.Person, v.Sessions, v.Must, v.Roles.Rows = members(ctx)[3], nil, true, nil
			v.TOTP, v.Passkeys, v.Copied, v.Required = false, 1, 1, true
			return pages.AdminUserPage(v)
		}},
		{"admin-user-self", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneUser(ctx, at(platform(s), layout.NavUsers))
			v.Self, v.Roles.Grant, v.Roles.Note = true, "", word(ctx, "这是您自己的角色。", "These are your own roles.")
			return pages.AdminUserPage(v)
		}},
		{"admin-users-handover", func(ctx context.Context, s layout.Shell) templ.Component {
			v := handover(ctx, at(platform(s), layout.NavUsers), routes.AdminUsers)
			v.Reset = true
			return pages.HandoverPage(v)
		}},
		{"admin-users-permissions", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.PermissionsPage(pages.Permissions{
				Shell: at(platform(s), layout.NavUsers), Back: routes.AdminUsers, BackKey: "users", Merchant: merchantPermissions(),
				Platform: []pages.PermissionRow{{Key: "platform_users_write", Roles: []string{"platform_admin"}}},
			})
		}},
	}
}

func merchantRows(ctx context.Context) []pages.MerchantRow {
	return []pages.MerchantRow{
		{ID: merchantID, Name: word(ctx, "晋祥茶行", "Jinxiang Tea"), Channels: []app.Channel{app.WeChat, app.Alipay}, LiveEnabled: true, Active: true, Health: "issues", Issues: 2, OpenExceptions: 3, LastPaymentAt: noon, CreatedAt: noon.Add(-900 * time.Hour)},
		{ID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAC", Name: word(ctx, "平遥文旅票务", "Pingyao Tickets"), Channels: []app.Channel{app.WeChat}, Health: "good", Active: true, CreatedAt: noon.Add(-90 * time.Hour)},
		{ID: "mch_01KASJ3V6T8C0QW2N4R5X7YZAD", Name: word(ctx, "旧商户", "Former merchant"), SuspendedAt: noon, SuspendedReason: word(ctx, "未按时补交资料", "Documents are missing"), CreatedAt: noon.Add(-9000 * time.Hour)},
	}
}

func userList(ctx context.Context, s layout.Shell) pages.Users {
	v := pages.Users{
		Shell: s, Pager: components.Pager{Path: routes.AdminUsers, Shown: 4},
		Filters: pages.UserFilters(ctx, "", "", ""),
	}
	for i, m := range members(ctx) {
		row := pages.UserRow{MemberRow: m, Merchants: []string{word(ctx, "晋祥茶行", "Jinxiang Tea"), word(ctx, "平遥文旅票务", "Pingyao Tickets")}[:i%3], CreatedAt: noon}
		row.Roles = [][]string{{"platform_admin"}, nil, {"platform_operator", "platform_auditor"}, nil}[i]
		v.Rows = append(v.Rows, row)
	}
	return v
}

func oneUser(ctx context.Context, s layout.Shell) pages.AdminUser {
	m := members(ctx)[2]
	return pages.AdminUser{
		Shell: s, Person: m, Locale: "zh-CN", Created: noon.Add(-900 * time.Hour), Password: noon.Add(-800 * time.Hour),
		Form: pages.PersonForm{Email: m.Email, Name: m.Name, Locale: "zh-CN"},
		Sessions: []pages.SessionRow{
			{ID: "ses_2", IP: "198.51.100.7", UserAgent: "Safari 26 · iPhone", Device: "Safari 26 · iPhone", Methods: []string{"pwd", "otp"}, CreatedAt: noon.Add(-30 * time.Hour), LastSeenAt: noon.Add(-5 * time.Hour), ExpiresAt: noon},
		},
		TOTP: true, TOTPSince: noon.Add(-700 * time.Hour), TOTPUsed: noon.Add(-30 * time.Hour), Passkeys: 2, CodesLeft: 9,
		Roles: pages.RoleEditor{
			CSRF: s.CSRF, Where: true, Revoke: routes.AdminUserAction(m.ID, "revoke"), Grant: routes.AdminUserAction(m.ID, "grant"), Choices: pages.AllRoles(),
			Rows: []pages.HeldRole{
				{Role: "platform_auditor", Domain: "platform", Since: noon.Add(-26 * time.Hour)},
				{Role: "finance", Domain: merchantID, DomainName: word(ctx, "晋祥茶行", "Jinxiang Tea"), Since: noon.Add(-900 * time.Hour)},
			},
		},
	}
}

// platform is the shell of the platform's own pages.
func platform(s layout.Shell) layout.Shell {
	s.Merchant, s.Mode, s.SandboxURL = layout.Merchant{}, "", ""
	s.Path = routes.AdminMerchants
	return s
}
