package admin

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
)

// Mail is a letter to one person.
type Mail struct {
	To            string
	Subject, Text string
}

// Mailer hands mails over.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// Notices tells people by mail what they would want to know of if it was not
// them: a new browser, a changed second factor.
type Notices struct {
	Mailer  Mailer
	Logger  *slog.Logger
	BaseURL string // of the console, for the letter
	Locale  string // of whoever has chosen none: "zh-CN" or "en"
	// Patience bounds one mail; a minute when 0.
	Patience time.Duration
	underway *sync.WaitGroup
}

// WithNotices sets what tells people; without, nobody is told.
func (s *Service) WithNotices(n Notices) *Service {
	if n.Patience == 0 {
		n.Patience = time.Minute
	}
	n.underway = &sync.WaitGroup{}
	s.notices = n
	return s
}

// WaitForNotices returns once the mails in hand were handed over, or failed.
func (s *Service) WaitForNotices() {
	if s.notices.underway != nil {
		s.notices.underway.Wait()
	}
}

// tell sends beside the request: a mail server that is down must keep nobody
// from signing in. A letter that is lost leaves the audit row.
func (s *Service) tell(ctx context.Context, u access.User, subject, text string) {
	n := s.notices
	if n.Mailer == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	n.underway.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, n.Patience)
		defer cancel()
		if err := n.Mailer.Send(ctx, Mail{To: u.Email, Subject: subject, Text: text}); err != nil {
			n.Logger.WarnContext(ctx, "a notice was not sent", "user", u.ID, "error", err)
		}
	})
}

func (s *Service) wordsFor(u access.User) noticeWords {
	locale := u.Locale
	if locale == "" {
		locale = s.notices.Locale
	}
	if locale == "en" {
		return noticesEnglish
	}
	return noticesChinese
}

func (s *Service) tellNewDevice(ctx context.Context, u access.User, session access.Session) {
	w := s.wordsFor(u)
	at := session.CreatedAt.Time().In(app.Beijing).Format("2006-01-02 15:04")
	s.tell(ctx, u, w.deviceSubject, fmt.Sprintf(w.device, u.Name, u.Email, at, session.IP, clipAgent(session.UserAgent), s.notices.BaseURL+"/console/sessions"))
}

// tellFactor says that a second factor was "enrolled", "removed" or "reset", or
// that there are new recovery "codes".
func (s *Service) tellFactor(ctx context.Context, userID, what string) {
	s.tellChange(ctx, userID, func(w noticeWords) (string, string) { return w.factorSubject, w.changes[what] })
}

// tellPassword says that the password was "changed", or "reset" by somebody else.
func (s *Service) tellPassword(ctx context.Context, userID, what string) {
	s.tellChange(ctx, userID, func(w noticeWords) (string, string) { return w.passwordSubject, w.passwords[what] })
}

// tellChange says what has changed about how a user signs in.
func (s *Service) tellChange(ctx context.Context, userID string, say func(noticeWords) (subject, change string)) {
	if s.notices.Mailer == nil {
		return
	}
	u, err := s.access.User(ctx, s.db, userID)
	if err != nil {
		s.notices.Logger.WarnContext(ctx, "a notice was not sent", "user", userID, "error", err)
		return
	}
	w := s.wordsFor(u)
	subject, change := say(w)
	s.tell(ctx, u, subject, fmt.Sprintf(w.factor, u.Name, change, u.Email, s.notices.BaseURL+"/console/security"))
}

// tellAdopted says that a provider, found by email, has taken the place of the
// password.
func (s *Service) tellAdopted(ctx context.Context, u access.User, provider string) {
	w := s.wordsFor(u)
	s.tell(ctx, u, w.adoptedSubject, fmt.Sprintf(w.adopted, u.Name, u.Email, provider, s.notices.BaseURL+"/console/security"))
}

func clipAgent(agent string) string {
	if agent == "" {
		return "-"
	}
	return agent
}
