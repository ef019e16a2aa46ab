package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// ApplyTrap is a field that people do not see. Whoever fills it in is a program.
const ApplyTrap = "website"

// Apply is where somebody who wants to be a merchant writes to the platform.
type Apply struct {
	Shell                         layout.Shell
	Company, Contact, Email, Note string
	// Mails says that the email is to be confirmed by a mailed link.
	Mails bool
	// Done is "sent" or "confirmed" afterwards, and says nothing else.
	Done string
	// Action is where the mailed link's form posts; Gone says that the link leads
	// nowhere any more.
	Action string
	Gone   bool
	Errors map[string]string // translated, by field; "" is the whole form's
}

func (v Apply) title(ctx context.Context) string {
	if v.Done != "" {
		return i18n.T(ctx, "apply.done_"+v.Done)
	}
	return i18n.T(ctx, "apply.title")
}

func (v Apply) doneLine(ctx context.Context) string {
	if v.Done == "sent" && v.Mails {
		return i18n.T(ctx, "apply.sent_mail_line")
	}
	return i18n.T(ctx, "apply.waiting_line")
}

func (v Apply) confirmTitle(ctx context.Context) string {
	if v.Gone {
		return i18n.T(ctx, "join.gone")
	}
	return i18n.T(ctx, "apply.confirm_title")
}

func (v Apply) emailHelp(ctx context.Context) string {
	if v.Mails {
		return i18n.T(ctx, "apply.email_help_mail")
	}
	return i18n.T(ctx, "apply.email_help")
}

// ApplicationStates lists what the list can be narrowed to; it shows one at a time.
func ApplicationStates() []string { return []string{"waiting", "approved", "rejected"} }

// Applications is the platform's list of those who want to be merchants.
type Applications struct {
	Shell  layout.Shell
	Status string // one of ApplicationStates
	// Open says that the public form is on.
	Open  bool
	Rows  []ApplicationRow
	Pager components.Pager
}

func (v Applications) line(ctx context.Context) string {
	if v.Open {
		return i18n.T(ctx, "applications.line")
	}
	return i18n.T(ctx, "applications.line_closed")
}

func (v Applications) tab(status string) string {
	return routes.With(routes.AdminApplications, "status", status)
}

// ApplicationRow is one of them. By and DecidedAt are zero while it waits.
type ApplicationRow struct {
	ID, Company, Contact, Email, Note string
	Verified                          bool
	Status, Reason, MerchantID, By    string
	CreatedAt, DecidedAt              app.Millis
}

func (r ApplicationRow) tone() components.Tone {
	switch r.Status {
	case "approved":
		return components.Good
	case "rejected":
		return components.Quiet
	}
	return components.Attention
}

// Application is one of them. Its forms post to approve, to reject with a reason,
// and to make the owner's link again.
type Application struct {
	Shell  layout.Shell
	Row    ApplicationRow
	Mails  bool
	Reason string // in the form
	// Invited says that the owner has not used their link yet.
	Invited bool
	Errors  map[string]string // translated: answer, or "" for the page
}

func (v Application) waiting() bool { return v.Row.Status == "waiting" }

func (v Application) resend(ctx context.Context) string {
	if v.Mails {
		return i18n.T(ctx, "invitations.resend")
	}
	return i18n.T(ctx, "invitations.new_link")
}

func (v Application) approveLine(ctx context.Context) string {
	if v.Mails {
		return i18n.T(ctx, "applications.approve_line_mail", "email", v.Row.Email)
	}
	return i18n.T(ctx, "applications.approve_line_link")
}

func (v Application) rejectHelp(ctx context.Context) string {
	if v.Mails {
		return i18n.T(ctx, "applications.reason_help_mail")
	}
	return i18n.T(ctx, "applications.reason_help")
}
