package gallery

import (
	"context"

	"github.com/a-h/templ"

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
	}
}
