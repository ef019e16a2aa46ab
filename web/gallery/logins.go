package gallery

import (
	"context"
	"time"

	"github.com/a-h/templ"

	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const origin = "https://pay.example.com"

func loginPages() []Page {
	return []Page{
		{"sign-in-ways", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.SignInPage(signInWays(ctx, s, ""))
		}},
		{"sign-in-passkey-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := signInWays(ctx, s, "passkey")
			v.Providers = nil
			return pages.SignInPage(v)
		}},
		{"sign-in-sso-down", func(ctx context.Context, s layout.Shell) templ.Component {
			v := signInWays(ctx, s, "sso_down")
			v.PasskeyOrigin = ""
			return pages.SignInPage(v)
		}},
		{"sign-in-sso-unknown", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.SignInPage(signInWays(ctx, s, "sso_unknown"))
		}},
		{"confirm-ways", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ConfirmPage(pages.Confirm{
				Shell: at(s, layout.NavNone), Action: routes.Confirm, Next: s.Scope().NewKey(), Back: s.Scope().Keys(),
				PasskeyOrigin: origin, Providers: providers(ctx)[:1], Problem: "passkey", ByCode: true, Recovery: true,
			})
		}},
		{"confirm-sso-stale", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.ConfirmPage(pages.Confirm{
				Shell: at(s, layout.NavNone), Action: routes.Confirm, Next: s.Scope().NewKey(), Back: s.Scope().Keys(),
				Providers: providers(ctx)[:1], Problem: "sso_stale",
			})
		}},
		{"security-logins", func(ctx context.Context, s layout.Shell) templ.Component {
			return securityWith(s, logins(ctx, s))
		}},
		{"security-logins-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return securityWith(s, pages.Logins{Shell: at(s, layout.NavNone), Site: pages.PasskeySite{Usable: true, Origin: origin}})
		}},
		{"security-logins-unusable", func(ctx context.Context, s layout.Shell) templ.Component {
			v := logins(ctx, s)
			v.Passkeys, v.Linked = nil, nil
			v.Site = pages.PasskeySite{Origin: "http://127.0.0.1:8080", Try: "http://localhost:8080"}
			v.Problem = word(ctx, "该账号已关联其他用户，或您已关联该提供方的另一个账号，请先解除。", "That account is linked to a user already, or you have another one linked there. Unlink that first.")
			return securityWith(s, v)
		}},
		{"security-logins-rename-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			v := logins(ctx, s)
			v.Full, v.Renaming, v.Errors = true, v.Passkeys[1].ID, map[string]string{"name": word(ctx, "此值无法使用。", "This value cannot be used.")}
			return securityWith(s, v)
		}},
	}
}

func passkeyPages() []Page {
	return []Page{
		{"passkey-new", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.PasskeyFormPage(pages.PasskeyForm{Shell: at(s, layout.NavNone), Site: pages.PasskeySite{Usable: true, Origin: origin}})
		}},
		{"passkey-new-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PasskeyFormPage(pages.PasskeyForm{
				Shell: at(s, layout.NavNone), Site: pages.PasskeySite{Usable: true, Origin: origin}, Name: word(ctx, "办公电脑", "Work laptop"),
				Errors: map[string]string{"": word(ctx, "该通行密钥未被接受，请重试。", "That passkey was not accepted. Try again.")},
			})
		}},
		{"passkey-new-unusable", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.PasskeyFormPage(pages.PasskeyForm{Shell: at(s, layout.NavNone), Site: pages.PasskeySite{Origin: "https://192.0.2.7"}})
		}},
		{"identity-leave", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.LeavePage(pages.Leave{Shell: at(s, layout.NavNone), Title: providers(ctx)[0].Title, Href: "https://sso.example.com/authorize"})
		}},
		{"passkey-new-must", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.PasskeyFormPage(pages.PasskeyForm{Shell: at(s, layout.NavNone), Must: true, Site: pages.PasskeySite{Usable: true, Origin: origin}})
		}},
		{"second-factor-passkey", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SecondFactorPage(pages.SecondFactor{Shell: at(s, layout.NavNone), Passkeys: true, PasskeyOrigin: origin})
		}},
		{"second-factor-both", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SecondFactorPage(pages.SecondFactor{Shell: at(s, layout.NavNone), TOTP: true, Passkeys: true, PasskeyOrigin: origin, Problem: "passkey"})
		}},
		{"passkey-codes", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.RecoveryCodesPage(pages.RecoveryCodes{Shell: at(s, layout.NavNone), Codes: []string{"7KQ2-M8XR-4TDH", "9VWE-3NPC-6JYA"}, Next: routes.Security, Passkey: true})
		}},
		{"admin-user-logins", func(ctx context.Context, s layout.Shell) templ.Component {
			v := oneUser(ctx, at(platform(s), layout.NavUsers))
			own := logins(ctx, s)
			v.Logins = pages.UserLogins{CSRF: s.CSRF, Passkeys: own.Passkeys, Linked: own.Linked}
			return pages.AdminUserPage(v)
		}},
	}
}

func providers(ctx context.Context) []pages.Way {
	return []pages.Way{
		{Title: word(ctx, "晋祥统一身份", "Jinxiang SSO"), Href: routes.SSO("corp", "")},
		{Title: word(ctx, "集团账号", "Group account"), Href: routes.SSO("group", "")},
	}
}

func signInWays(ctx context.Context, s layout.Shell, problem string) pages.SignIn {
	return pages.SignIn{Shell: signedOut(s), PasskeyOrigin: origin, Providers: providers(ctx), Problem: problem}
}

func logins(ctx context.Context, s layout.Shell) pages.Logins {
	return pages.Logins{
		Shell: at(s, layout.NavNone), Site: pages.PasskeySite{Usable: true, Origin: origin},
		Passkeys: []pages.PasskeyRow{
			{ID: "pky_01KASJ3V6T8C0QW2N4R5X7YZAB", Name: word(ctx, "办公电脑", "Work laptop"), BackedUp: true, CreatedAt: noon.Add(-900 * time.Hour), LastUsedAt: noon.Add(-2 * time.Hour), Remove: "/remove"},
			{ID: "pky_01KASJ3V6T8C0QW2N4R5X7YZAC", Name: word(ctx, "保险柜内的安全密钥", "Security key, safe"), CreatedAt: noon.Add(-800 * time.Hour), Remove: "/remove"},
			{ID: "pky_01KASJ3V6T8C0QW2N4R5X7YZAD", Name: word(ctx, "旧手机", "Old phone"), Cloned: true, CreatedAt: noon.Add(-2000 * time.Hour), LastUsedAt: noon.Add(-30 * time.Hour), Remove: "/remove"},
		},
		Linked: []pages.IdentityRow{
			{ID: "lnk_01KASJ3V6T8C0QW2N4R5X7YZAB", Title: providers(ctx)[0].Title, Email: "owner@jinxiang.example", CreatedAt: noon.Add(-700 * time.Hour), LastUsedAt: noon.Add(-20 * time.Hour), Unlink: "/unlink"},
		},
		Offered: []pages.Way{{Title: providers(ctx)[1].Title, Href: routes.LinkIdentity("group")}},
	}
}

// securityWith is the security page with these passkeys and links.
func securityWith(s layout.Shell, v pages.Logins) templ.Component {
	return pages.SecurityPage(pages.Security{
		Shell: at(s, layout.NavNone), PasswordChanged: noon.Add(-800 * time.Hour), Second: len(v.Passkeys) > 0, CodesLeft: 10, Sessions: 2, Logins: v,
	})
}
