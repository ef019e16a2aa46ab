package trade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"
)

// answerMax bounds what is read of a merchant's answer, in bytes.
const answerMax = 64 << 10

// post sends the message to its URL and fills in what came back.
func (s *Service) post(ctx context.Context, m Message, a *Attempt) {
	announcer := s.announcers[m.Notification.Channel]
	if err := s.mayNotify(m.Notification.NotifyURL); err != nil {
		a.Problem = excerpt(err.Error(), 1000)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, announcer.Timeout)
	defer cancel()
	req, err := announcer.Build(ctx, m)
	if err != nil {
		a.Problem = excerpt(err.Error(), 1000)
		return
	}
	resp, err := s.http.Do(req)
	if err != nil {
		a.Problem = excerpt(err.Error(), 1000)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerMax))
	a.Status, a.Excerpt = resp.StatusCode, excerpt(string(body), 1000)
	if err != nil {
		a.Problem = excerpt(fmt.Sprintf("read the answer: %v", err), 1000)
		return
	}
	a.Accepted = announcer.Accepts(resp.StatusCode, body)
}

// mayNotify guards against making the simulator send requests anywhere: only to
// the platform under test and to hosts that were allowed.
func (s *Service) mayNotify(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return errors.New("the notify_url is not a URL")
	}
	for _, host := range s.allow {
		if strings.EqualFold(u.Host, host) || strings.EqualFold(u.Hostname(), host) {
			return nil
		}
	}
	return fmt.Errorf("the sandbox does not notify %s: add it to sandbox.allow_notify", u.Host)
}

// excerpt is at most max bytes of valid text.
func excerpt(s string, max int) string {
	if len(s) > max {
		s = s[:max]
		for !utf8.ValidString(s) && len(s) > max-utf8.UTFMax {
			s = s[:len(s)-1]
		}
	}
	return strings.ToValidUTF8(s, "�")
}
