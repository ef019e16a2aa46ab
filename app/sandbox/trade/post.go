package trade

import (
	"context"
	"fmt"
	"io"
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
