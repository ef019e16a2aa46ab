package console_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/applications"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
)

// post is a mail server that keeps what it takes.
type post struct {
	taken []console.Mail
	down  bool
}

func (p *post) Send(_ context.Context, m console.Mail) error {
	if p.down {
		return errors.New("down")
	}
	p.taken = append(p.taken, m)
	return nil
}

func (p *post) last(t *testing.T, to, subject string) string {
	t.Helper()
	if len(p.taken) == 0 || p.taken[len(p.taken)-1].To[0] != to || !strings.Contains(p.taken[len(p.taken)-1].Subject, subject) {
		t.Fatalf("no mail to %s about %q: %+v", to, subject, p.taken)
	}
	return p.taken[len(p.taken)-1].Text
}

// withMail is the house's console with a mail server.
func (h *house) withMail() *post {
	p := &post{}
	h.config.Mailer = p
	h.base = h.listen(h.config)
	return p
}

func (h *house) guest() *browser {
	b := h.browser()
	b.get("/console/sign-in")
	return b.english()
}

func (b *browser) applies(email string, more ...string) reply {
	return b.send("/console/apply", append([]string{"company", "Tea House", "contact", "The contact", "email", email, "sells", "Tea"}, more...)...)
}

func (h *house) waitingApplications() []applications.Application {
	h.Helper()
	root, err := h.access.UserByEmail(h.system, h.shop.DB, "platform_admin@example.com")
	if err != nil {
		h.Fatal(err)
	}
	ctx := audit.WithActor(context.Background(), audit.Actor{Kind: audit.KindUser, ID: root.ID})
	list, err := h.config.Applications.List(ctx, applications.Filter{Status: applications.Waiting, Limit: 50})
	if err != nil {
		h.Fatal(err)
	}
	return list
}

func TestAMerchantAppliesAndJoins(t *testing.T) {
	h := open(t)
	mails := h.withMail()
	root := h.as(access.PlatformAdmin).english()
	guest := h.guest()
	guest.wants(guest.get("/console/sign-in"), http.StatusOK, `href="/console/apply"`, "Become a merchant")
	guest.wants(guest.get("/console/apply"), http.StatusOK, `name="company"`, "We send a link there")
	guest.wants(guest.send("/console/apply", "company", "Tea House", "email", "x"), http.StatusUnprocessableEntity, `value="Tea House"`, "Required.")
	if r := guest.applies("May@Example.com"); r.status != http.StatusSeeOther || r.location() != "/console/apply?done=sent" {
		t.Fatalf("%d to %q\n%s", r.status, r.location(), r.body)
	}
	guest.wants(guest.get("/console/apply?done=sent"), http.StatusOK, "Open the link in the mail")
	root.wants(root.get("/console/admin/applications"), http.StatusOK, "Nobody waits for an answer")

	link := regexp.MustCompile(`/console/apply/[\w-]{43}`).FindString(mails.last(t, "may@example.com", "Confirm your email"))
	guest.wants(guest.get(link), http.StatusOK, "may@example.com applied for Tea House")
	if r := guest.send(link); r.location() != "/console/apply?done=confirmed" {
		t.Fatalf("confirmed: %d to %q", r.status, r.location())
	}
	guest.wants(guest.get("/console/apply?done=confirmed"), http.StatusOK, "Email confirmed", "waits for an administrator")
	for _, gone := range []string{link, "/console/apply/x"} {
		guest.wants(guest.get(gone), http.StatusNotFound, "This link leads nowhere")
		guest.wants(guest.send(gone), http.StatusNotFound, "This link leads nowhere")
	}

	root.wants(root.get("/console/admin/applications"), http.StatusOK, "Tea House", "Verified", "1 waiting")
	one := "/console/admin/applications/" + h.waitingApplications()[0].ID
	root.wants(root.get(one), http.StatusOK, "The contact", "Opens the merchant and mails may@example.com")
	if r := root.send(one + "/approve"); r.status != http.StatusSeeOther || r.location() != one {
		t.Fatalf("approved: %d to %q\n%s", r.status, r.location(), r.body)
	}
	if row := h.last(audit.Platform); row.Action != "application.approve" || !strings.Contains(row.After, "Tea House") {
		t.Errorf("audited %+v", row)
	}
	root.wants(root.get(one), http.StatusOK, "has been invited and has not joined yet", "Send again")
	root.wants(root.send(one+"/approve"), http.StatusUnprocessableEntity, "Somebody else has answered this application.")
	root.wants(root.send(one+"/resend"), http.StatusSeeOther)
	joins := regexp.MustCompile(`/console/invitations/[\w-]{43}`).FindString(mails.last(t, "may@example.com", "Tea House is open"))
	guest.get(joins)
	guest.wants(guest.send(joins, "name", "May", "password", password), http.StatusSeeOther)
	guest.signIn("may@example.com")
	guest.wants(guest.get("/console"), http.StatusOK, "Tea House")
}

func TestWithoutMailTheLinkIsShownOnceAndTheEmailIsNotVerified(t *testing.T) {
	h := open(t)
	root := h.as(access.PlatformAdmin).english()
	guest := h.guest()
	guest.wants(guest.applies("may@example.com"), http.StatusSeeOther)
	guest.wants(guest.applies("no@example.com"), http.StatusSeeOther)
	guest.wants(guest.get("/console/apply?done=sent"), http.StatusOK, "waits for an administrator")
	root.wants(root.get("/console/admin/applications"), http.StatusOK, "Not verified", "2 waiting")
	list := h.waitingApplications()
	no, may := "/console/admin/applications/"+list[0].ID, "/console/admin/applications/"+list[1].ID
	root.wants(root.get(may), http.StatusOK, "Nobody has shown that this email is theirs.")
	shown := root.send(may + "/approve")
	root.wants(shown, http.StatusOK, "Copy it now", "Invitation for may@example.com", `href="`+may+`"`)
	if shownLink.FindString(shown.body) == "" {
		t.Error("no link on the page")
	}
	root.wants(root.send(no+"/reject", "answer", " "), http.StatusUnprocessableEntity, "Required.")
	root.wants(root.send(no+"/reject", "answer", "No licence"), http.StatusSeeOther)
	if row := h.last(audit.Platform); row.Action != "application.reject" || !strings.Contains(row.After, "No licence") {
		t.Errorf("audited %+v", row)
	}
	root.wants(root.get("/console/admin/applications?status=rejected"), http.StatusOK, "no@example.com", "so tell them yourself")
	root.wants(root.get(no), http.StatusOK, "No licence")
}

func TestARejectionIsMailed(t *testing.T) {
	h := open(t)
	root := h.as(access.PlatformAdmin).english()
	guest := h.guest()
	guest.applies("may@example.com")
	mails := h.withMail()
	root.wants(root.send("/console/admin/applications/"+h.waitingApplications()[0].ID+"/reject", "answer", "No licence"), http.StatusSeeOther)
	if text := mails.last(t, "may@example.com", "Your application for Tea House"); !strings.Contains(text, "No licence") {
		t.Error(text)
	}
	mails.down = true
	guest.wants(guest.applies("other@example.com"), http.StatusUnprocessableEntity, "The mail server did not take our mail to you.")
}

func TestApplyingTellsNothingAndIsThrottled(t *testing.T) {
	h := open(t)
	h.as(access.PlatformAdmin)
	h.user("known@example.com")
	guest := h.guest()
	known, unknown := guest.applies("known@example.com"), guest.applies("unknown@example.com")
	if known.status != unknown.status || known.location() != unknown.location() || known.body != unknown.body {
		t.Errorf("a known email is answered %d %q, an unknown one %d %q", known.status, known.location(), unknown.status, unknown.location())
	}
	// Programs fill in what people do not see, and are told the same.
	if r := guest.applies("robot@example.com", "website", "http://x"); r.location() != known.location() {
		t.Errorf("a program is told %q", r.location())
	}
	// Of one email three a day are kept; whoever sends more cannot tell.
	for i := range 5 {
		guest.header.Set("X-Test-IP", "192.0.2."+string(rune('1'+i)))
		if r := guest.applies("often@example.com"); r.location() != known.location() {
			t.Errorf("application %d: %d to %q", i, r.status, r.location())
		}
	}
	if list := h.waitingApplications(); len(list) != 5 {
		t.Errorf("%d were kept", len(list))
	}
	guest.header.Set("X-Test-IP", "192.0.2.99")
	for range 10 {
		guest.applies("x")
	}
	guest.wants(guest.applies("x"), http.StatusTooManyRequests, "Too many tries from your network")
}

func TestNobodyAppliesWhereItIsOff(t *testing.T) {
	h := open(t)
	root := h.as(access.PlatformAdmin).english()
	_, token, err := h.config.Applications.Submit(h.system, applications.Input{Company: "C", Contact: "C", Email: "c@example.com", Note: "N"}, true)
	if err != nil {
		t.Fatal(err)
	}
	h.config.TakesApplications = false
	h.base = h.listen(h.config)
	guest := h.guest()
	if r := guest.get("/console/sign-in"); strings.Contains(r.body, "/console/apply") {
		t.Error("the sign-in page leads to the form")
	}
	for _, path := range []string{"/console/apply", "/console/apply/" + token} {
		guest.wants(guest.get(path), http.StatusNotFound)
	}
	guest.wants(guest.applies("may@example.com"), http.StatusNotFound)
	guest.wants(guest.send("/console/apply/"+token), http.StatusNotFound)
	if r := root.get("/console/admin/merchants"); strings.Contains(r.body, `href="/console/admin/applications"`) {
		t.Error("the navigation leads to applications that cannot come")
	}
	root.wants(root.get("/console/admin/applications"), http.StatusOK, "The public form is off")
}
