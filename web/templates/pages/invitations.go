package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// InvitationRow is somebody who was asked to join. Role is as in MemberRow.
type InvitationRow struct {
	ID, Email, Role, By string
	SentAt, ExpiresAt   app.Millis
	Expired             bool
}

// InvitationLink shows a link to join for the only time, to be handed over.
type InvitationLink struct {
	Shell     layout.Shell
	Email     string
	Role      string // its word
	Link      string
	ExpiresAt app.Millis
	// Unsent says that the mail server did not take the mail.
	Unsent bool
	// Back is where one goes afterwards: to the members where it is empty.
	Back string
}

func (v InvitationLink) back() string {
	if v.Back != "" {
		return v.Back
	}
	return v.Shell.Scope().Members()
}

// Join is what a link to join leads to.
type Join struct {
	Shell    layout.Shell
	Merchant string
	Email    string
	Role     string // its word
	By       string
	// Action is where the form posts: the link itself.
	Action string
	// SignIn leads to the sign-in page and back here.
	SignIn string
	// Gone says that the link leads nowhere any more.
	Gone bool
	// As is who is signed in: "" for nobody.
	As     string
	Name   string
	Errors map[string]string
}

// mine reports whether who is signed in was invited.
func (v Join) mine() bool { return v.As == v.Email }

func (v Join) title(ctx context.Context) string {
	if v.Gone {
		return i18n.T(ctx, "join.gone")
	}
	return i18n.T(ctx, "join.title", "merchant", v.Merchant)
}

func (v MemberForm) line(ctx context.Context) string {
	if v.Mails {
		return i18n.T(ctx, "invitations.line_mail")
	}
	return i18n.T(ctx, "invitations.line_link")
}
