package gallery

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// Pages lists every page, some of them in several states.
func Pages() []Page {
	return slices.Concat(signInPages(), loginPages(), passkeyPages(), securityPages(), homePages(), figurePages(), paymentPages(), onePaymentPages(), paymentMoneyPages(), refundPages(), largePages(), filePages(), approvalPages(), settingsPages(), casePages(), reconcilePages(), exceptionPages(), accountPages(),
		keyPages(), webhookPages(), deliveryPages(), peoplePages(), ownMerchantPages(), rolePages(), auditPages(), adminPages(), applicationPages(), platformPages(), providerPages(), failurePages())
}

func signInPages() []Page {
	return []Page{
		{"sign-in", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SignInPage(pages.SignIn{Shell: signedOut(s), Apply: true})
		}},
		{"sign-in-refused", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SignInPage(pages.SignIn{Shell: signedOut(s), Email: "owner@jinxiang.example", Problem: "credentials"})
		}},
		{"sign-in-locked", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SignInPage(pages.SignIn{Shell: signedOut(s), Email: "owner@jinxiang.example", Problem: "locked", RetryAfter: 15})
		}},
		{"sign-in-expired", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.SignInPage(pages.SignIn{Shell: signedOut(s), Problem: "expired", Next: s.Path})
		}},
	}
}

// signedOut is the shell of a page without a user.
func signedOut(s layout.Shell) layout.Shell {
	return layout.Shell{Lang: s.Lang, Theme: s.Theme, Asset: s.Asset, CSRF: s.CSRF, Path: "/console/sign-in"}
}
