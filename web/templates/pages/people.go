package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Members lists who works for a merchant, and as what.
type Members struct {
	Shell     layout.Shell
	Rows      []MemberRow
	Forbidden bool
	// Invited are those who were asked to join and have not.
	Invited []InvitationRow
	Own     []OwnRole // the merchant's own roles, by name
	// Mails says that invitations are sent by mail; otherwise their links are
	// handed over.
	Mails bool
}

// resend is the word for sending an invitation again.
func (v Members) resend(ctx context.Context) string { return resendWord(ctx, v.Mails) }

func resendWord(ctx context.Context, mails bool) string {
	if mails {
		return i18n.T(ctx, "invitations.resend")
	}
	return i18n.T(ctx, "invitations.new_link")
}

// inviteHelp says how the link of an invitation goes out.
func (v AdminMerchant) inviteHelp(ctx context.Context) string {
	return MemberForm{Mails: v.Mails}.line(ctx)
}

// MemberRow is one person. Roles are owner, developer, finance, viewer, or the
// platform's admin, operator, auditor; Custom the names of the merchant's own.
type MemberRow struct {
	ID, Name, Email string
	Roles, Custom   []string
	Active          bool
	LastSignInAt    app.Millis
}

// Sessions lists the user's own sessions.
type Sessions struct {
	Shell layout.Shell
	Rows  []SessionRow
}

// SessionRow is one session.
type SessionRow struct {
	ID, IP, UserAgent                string
	Device                           string   // the user agent in words; "" when it says nothing
	Methods                          []string // by which the user was recognised
	Current                          bool
	CreatedAt, LastSeenAt, ExpiresAt app.Millis
}
