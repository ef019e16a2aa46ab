package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func peoplePages() []Page {
	return []Page{
		{"members", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.MembersPage(pages.Members{Shell: at(s, layout.NavMembers), Rows: members(ctx), Own: ownRoles(ctx), Invited: invited(ctx)})
		}},
		{"members-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.MembersPage(pages.Members{Shell: at(s, layout.NavMembers)})
		}},
		{"members-new", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.MemberFormPage(pages.MemberForm{Shell: at(s, layout.NavMembers), Person: pages.PersonForm{Role: "viewer"}})
		}},
		{"members-new-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.MemberFormPage(pages.MemberForm{
				Shell: at(s, layout.NavMembers), Person: pages.PersonForm{Email: "owner@jinxiang.example", Name: word(ctx, "商户负责人", "Merchant Owner"), Role: "owner"},
				Own: ownRoles(ctx), Mails: true, Errors: map[string]string{"role": word(ctx, "对方已有该角色。", "They have this role already.")},
			})
		}},
		{"members-one", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.MemberPage(member(ctx, at(s, layout.NavMembers)))
		}},
		{"members-one-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := member(ctx, at(s, layout.NavMembers))
			v.Roles.Errors = map[string]string{"": word(ctx, "这是最后一位有效的负责人，请先指定他人。", "This is the last active owner. Appoint another first.")}
			return pages.MemberPage(v)
		}},
		{"members-one-read", func(ctx context.Context, s layout.Shell) templ.Component {
			v := member(ctx, at(s, layout.NavMembers))
			v.Roles.Grant, v.Roles.Revoke, v.Roles.Choices = "", "", nil
			return pages.MemberPage(v)
		}},
		{"members-handover", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.HandoverPage(handover(ctx, at(s, layout.NavMembers), s.Scope().Members()))
		}},
		{"members-permissions", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PermissionsPage(pages.Permissions{
				Shell: at(s, layout.NavMembers), Back: s.Scope().Members(), BackKey: "members", Merchant: merchantPermissions(),
				Own: ownRoles(ctx),
			})
		}},
		{"sessions", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SessionsPage(pages.Sessions{Shell: at(s, layout.NavNone), Rows: []pages.SessionRow{
				{ID: "ses_1", IP: "203.0.113.24", UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/149.0.0.0", Device: "Chrome 149 · Windows", Methods: []string{"pwd", "otp"}, Current: true, CreatedAt: noon.Add(-2 * time.Hour), LastSeenAt: noon, ExpiresAt: noon.Add(10 * time.Hour)},
				{ID: "ses_2", IP: "198.51.100.7", UserAgent: "Mozilla/5.0 (iPhone) Version/26.0 Mobile/15E148 Safari/604.1", Device: "Safari 26 · iPhone", Methods: []string{"key"}, CreatedAt: noon.Add(-30 * time.Hour), LastSeenAt: noon.Add(-5 * time.Hour), ExpiresAt: noon.Add(2 * time.Hour)},
				{ID: "ses_3", IP: "2001:db8::7", UserAgent: "Mozilla/5.0", Methods: []string{"sso", "rec"}, CreatedAt: noon.Add(-3 * time.Hour), LastSeenAt: noon.Add(-1 * time.Hour), ExpiresAt: noon.Add(9 * time.Hour)},
			}})
		}},
	}
}

func members(ctx context.Context) []pages.MemberRow {
	return []pages.MemberRow{
		{ID: "usr_1", Name: word(ctx, "商户负责人", "Merchant Owner"), Email: "owner@jinxiang.example", Roles: []string{"owner"}, Active: true, LastSignInAt: noon.Add(-2 * time.Hour)},
		{ID: "usr_2", Name: word(ctx, "接入开发", "Developer"), Email: "developer@jinxiang.example", Roles: []string{"developer", "viewer"}, Active: true, LastSignInAt: noon.Add(-26 * time.Hour)},
		{ID: "usr_3", Name: word(ctx, "财务专员", "Finance Clerk"), Email: "finance@accounting.jinxiang.example", Roles: []string{"finance"}, Custom: []string{word(ctx, "退款专员", "Refund clerk")}, Active: true},
		{ID: "usr_4", Name: word(ctx, "观察者", "Viewer"), Email: "viewer@jinxiang.example", Roles: []string{"viewer"}},
	}
}

func member(ctx context.Context, s layout.Shell) pages.Member {
	return pages.Member{Shell: s, Person: members(ctx)[1], Roles: pages.RoleEditor{
		CSRF: s.CSRF, Revoke: s.Scope().MemberAction("usr_2", "revoke"), Grant: s.Scope().MemberAction("usr_2", "grant"),
		Rows: []pages.HeldRole{
			{Role: "developer", Domain: merchantID, Since: noon.Add(-900 * time.Hour)}, {Role: "viewer", Domain: merchantID, Since: noon.Add(-26 * time.Hour)},
		},
		Choices: []string{"finance", "owner"}, Own: ownRoles(ctx),
	}, May: rightGroups(false)}
}

func ownRoles(ctx context.Context) []pages.OwnRole {
	return []pages.OwnRole{{ID: roleID, Name: word(ctx, "退款专员", "Refund clerk")}}
}

func invited(ctx context.Context) []pages.InvitationRow {
	by := word(ctx, "商户负责人", "Merchant Owner")
	return []pages.InvitationRow{
		{ID: "inv_1", Email: "clerk@jinxiang.example", Role: roleID, By: by, SentAt: noon.Add(-26 * time.Hour), ExpiresAt: noon.Add(142 * time.Hour)},
		{ID: "inv_2", Email: "audit@accounting.jinxiang.example", Role: "viewer", By: by, SentAt: noon.Add(-400 * time.Hour), ExpiresAt: noon.Add(-232 * time.Hour), Expired: true},
	}
}

func handover(ctx context.Context, s layout.Shell, back string) pages.Handover {
	return pages.Handover{
		Shell: s, Name: word(ctx, "财务专员", "Finance Clerk"), Email: "finance@accounting.jinxiang.example", Password: "K7QX-Q4MZ-9TFD-2VBN-HW3C",
		SignIn: "https://pay.example.com/console/sign-in", Back: back,
	}
}

func merchantPermissions() []pages.PermissionRow {
	return []pages.PermissionRow{
		{Key: "merchant_payments_read", Roles: append(pages.AllRoles(), roleID)},
		{Key: "merchant_payments_close", Roles: []string{"owner", "finance"}},
		{Key: "merchant_keys_write", Roles: []string{"owner", "developer"}},
		{Key: "merchant_members_write", Roles: []string{"owner", "platform_admin"}},
	}
}

func failurePages() []Page {
	all := []Page{
		{"search-none", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SearchPage(pages.Search{Shell: s, Query: "4200002341202611230000"})
		}},
		{"search-several", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.SearchPage(pages.Search{Shell: live(s), Query: "JX2026", Rows: paymentRows(ctx, 3)})
		}},
		{"search-none-live", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SearchPage(pages.Search{Shell: live(s), Query: "4200002341202611230000"})
		}},
		{"error-signed-out", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.FailurePage(pages.Failure{Shell: signedOut(s), Kind: "not_found", RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH"})
		}},
	}
	for _, kind := range []string{"forbidden", "not_found", "conflict", "rate_limited", "unavailable", "internal", "csrf"} {
		all = append(all, Page{"error-" + kind, func(_ context.Context, s layout.Shell) templ.Component {
			return pages.FailurePage(pages.Failure{Shell: s, Kind: kind, RequestID: "req_01KASJ3V6T8C0QW2N4R5X7YZAH"})
		}})
	}
	return all
}
