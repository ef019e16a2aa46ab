package gallery

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/qr"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func securityPages() []Page {
	return []Page{
		{"confirm", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ConfirmPage(pages.Confirm{Shell: at(s, layout.NavNone), Action: routes.Confirm, Next: s.Scope().NewKey(), Back: s.Scope().Keys()})
		}},
		{"confirm-held", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ConfirmPage(pages.Confirm{
				Shell: at(s, layout.NavNone), Action: s.Scope().Keys(), Back: s.Scope().NewKey(), Problem: "wrong",
				Fields: []pages.ConfirmField{{Name: "name", Value: "Shop"}},
			})
		}},
		{"confirm-lost", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ConfirmPage(pages.Confirm{
				Shell: at(s, layout.NavNone), Action: routes.Confirm, Next: s.Scope().Accounts(), Back: s.Scope().Accounts(), Lost: true, Problem: "locked", RetryAfter: 3,
			})
		}},
		{"confirm-code", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.ConfirmPage(pages.Confirm{Shell: at(s, layout.NavNone), Action: routes.Confirm, Next: s.Scope().NewKey(), Back: s.Scope().Keys(), ByCode: true, Problem: "wrong_code"})
		}},
		{"second-factor", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SecondFactorPage(pages.SecondFactor{Shell: at(s, layout.NavNone), TOTP: true, Next: s.Scope().Payments()})
		}},
		{"second-factor-wrong", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SecondFactorPage(pages.SecondFactor{Shell: at(s, layout.NavNone), TOTP: true, Problem: "wrong"})
		}},
		{"second-factor-locked", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SecondFactorPage(pages.SecondFactor{Shell: at(s, layout.NavNone), Passkeys: true, Problem: "locked", RetryAfter: 2})
		}},
		{"security", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SecurityPage(pages.Security{
				Shell: at(s, layout.NavNone), PasswordChanged: noon.Add(-700 * time.Hour), TOTP: true, TOTPSince: noon.Add(-400 * time.Hour), TOTPUsed: noon.Add(-2 * time.Hour),
				Second: true, CodesLeft: 2, Sessions: 2, Logins: pages.Logins{Shell: s, Site: pages.PasskeySite{Usable: true, Origin: origin}},
			})
		}},
		{"security-bare", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SecurityPage(pages.Security{Shell: at(s, layout.NavNone), PasswordChanged: noon.Add(-700 * time.Hour), Required: true, Sessions: 1,
				Logins: pages.Logins{Shell: s, Site: pages.PasskeySite{Usable: true, Origin: origin}}})
		}},
		{"password", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.PasswordPage(pages.Password{Shell: at(s, layout.NavNone)})
		}},
		{"password-refused", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.PasswordPage(pages.Password{Shell: at(s, layout.NavNone), Errors: map[string]string{
				"current_password": word(ctx, "当前密码不正确。", "That is not your current password."), "password": word(ctx, "至少 12 个字符。", "At least 12 characters."),
			}})
		}},
		{"password-must", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.PasswordPage(pages.Password{Shell: at(s, layout.NavNone), Must: true})
		}},
		{"totp", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.TOTPPage(seed(at(s, layout.NavNone)))
		}},
		{"totp-replaces", func(ctx context.Context, s layout.Shell) templ.Component {
			v := seed(at(s, layout.NavNone))
			v.Replaces, v.Errors = true, map[string]string{"code": word(ctx, "与应用当前显示的验证码不符。", "That is not the code the app shows now.")}
			return pages.TOTPPage(v)
		}},
		{"totp-must", func(_ context.Context, s layout.Shell) templ.Component {
			v := seed(at(s, layout.NavNone))
			v.Must = true
			return pages.TOTPPage(v)
		}},
		{"totp-remove", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.RemoveTOTPPage(pages.RemoveTOTP{Shell: at(s, layout.NavNone)})
		}},
		{"recovery-codes", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.RecoveryCodesPage(pages.RecoveryCodes{Shell: at(s, layout.NavNone), Codes: codes(), Next: routes.Security, Enrolled: true})
		}},
		{"recovery-codes-new", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.RecoveryCodesPage(pages.RecoveryCodes{Shell: at(s, layout.NavNone), Codes: codes(), Next: routes.Security})
		}},
	}
}

// seed is a setup that no account has.
func seed(s layout.Shell) pages.TOTP {
	v := pages.TOTP{Shell: s, Seed: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Sealed: "AQAA"}
	// The text is short enough to be drawn.
	code, _ := qr.Of("otpauth://totp/Piaohao:owner@jinxiang.example?issuer=Piaohao&secret=" + v.Seed)
	v.QRBox, v.QRPath = code.Box(), code.Path
	return v
}

func codes() []string {
	out := make([]string, 10)
	for i := range out {
		out[i] = fmt.Sprintf("7XK%d-M0QD-9TFA-2VB%d", i, 9-i)
	}
	return out
}
