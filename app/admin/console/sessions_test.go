package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
)

const phoneAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"

func TestSessionsSayWhereAndByWhat(t *testing.T) {
	h := open(t)
	b := h.as(access.Owner)
	b.send("/console/preferences", "language", "en")
	phone, _ := b.enrol()
	elsewhere := h.passwordOnlyBy(phoneAgent)
	if r := elsewhere.send("/console/second-factor", "code", phone.code()); r.status != http.StatusSeeOther {
		t.Fatalf("second step: %d", r.status)
	}
	third := h.passwordOnlyBy("curl/8.5.0")
	third.send("/console/second-factor", "code", phone.code())
	b.wants(b.get("/console/sessions"), http.StatusOK, "Safari 18 · iPhone", "curl 8", "Password + Authenticator app", "This session", "End all others")
	if r := b.send("/console/sessions/revoke-others"); r.status != http.StatusSeeOther {
		t.Fatalf("end the others: %d", r.status)
	}
	for _, ended := range []*browser{elsewhere, third} {
		if r := ended.get("/console/sessions"); r.status != http.StatusSeeOther {
			t.Errorf("another session goes on: %d", r.status)
		}
	}
	page := b.get("/console/sessions")
	b.wants(page, http.StatusOK, "This session")
	if strings.Contains(page.body, "End all others") {
		t.Error("offers to end sessions that there are none of")
	}
	root := h.everything()
	root.wants(root.get("/console/admin/users/"+h.userID("owner@example.com")), http.StatusOK, "Password + Authenticator app")
}

func (h *house) passwordOnlyBy(agent string) *browser {
	h.Helper()
	b := h.browser()
	b.header.Set("User-Agent", agent)
	b.get("/console/sign-in")
	b.send("/console/sign-in", "email", "owner@example.com", "password", password)
	b.get("/console/second-factor")
	return b
}

// letters is a mailer that keeps what it is given.
type letters struct {
	mu   sync.Mutex
	kept []admin.Mail
}

func (l *letters) Send(_ context.Context, m admin.Mail) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, m)
	return nil
}

func (h *house) mails(l *letters) []string {
	h.admin.WaitForNotices()
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, m := range l.kept {
		out = append(out, m.To+": "+m.Subject+"\n"+m.Text)
	}
	l.kept = nil
	return out
}

func TestPeopleAreToldOfNewDevicesAndChangedFactors(t *testing.T) {
	h := open(t)
	var box letters
	h.admin.WithNotices(admin.Notices{Mailer: &box, Logger: slog.New(slog.DiscardHandler), BaseURL: "https://pay.example.com", Locale: "en"})
	b := h.as(access.Owner)
	if got := h.mails(&box); len(got) != 0 {
		t.Errorf("the first browser of all: %q", got)
	}
	b.send("/console/sign-out")
	b.signIn("owner@example.com")
	if got := h.mails(&box); len(got) != 0 {
		t.Errorf("the same browser again: %q", got)
	}
	phone, _ := b.enrol()
	if got := h.mails(&box); len(got) != 1 || !strings.Contains(got[0], "An authenticator app was set up (account owner@example.com)") {
		t.Errorf("enrolled: %q", got)
	}
	elsewhere := h.passwordOnlyBy(phoneAgent)
	if got := h.mails(&box); len(got) != 0 {
		t.Errorf("told before the second factor was given: %q", got)
	}
	elsewhere.send("/console/second-factor", "code", phone.code())
	if got := h.mails(&box); len(got) != 1 || !strings.HasPrefix(got[0], "owner@example.com: New sign-in to your Piaohao account") || !strings.Contains(got[0], "iPhone") || !strings.Contains(got[0], "https://pay.example.com/console/sessions") {
		t.Errorf("a new device: %q", got)
	}
	if _, err := h.admin.UpdateUser(h.system, h.userID("owner@example.com"), "owner@example.com", "Somebody", "zh-CN"); err != nil {
		t.Fatal(err)
	}
	if err := h.admin.ResetFactors(h.system, h.userID("owner@example.com")); err != nil {
		t.Fatal(err)
	}
	if got := h.mails(&box); len(got) != 1 || !strings.Contains(got[0], "平台管理员已重置您的两步验证") {
		t.Errorf("reset: %q", got)
	}
	if _, err := h.admin.ResetPassword(h.system, h.userID("owner@example.com")); err != nil {
		t.Fatal(err)
	}
	if got := h.mails(&box); len(got) != 1 || !strings.Contains(got[0], "平台管理员已重置您的密码") {
		t.Errorf("a reset password: %q", got)
	}
}
