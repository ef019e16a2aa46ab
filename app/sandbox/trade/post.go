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
		a.Problem = excerpt(err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(ctx, announcer.Timeout)
	defer cancel()
	req, err := announcer.Build(ctx, m)
	if err != nil {
		a.Problem = excerpt(err.Error())
		return
	}
	resp, err := s.http.Do(req)
	if err != nil {
		a.Problem = excerpt(err.Error())
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerMax))
	a.Status, a.Excerpt = resp.StatusCode, excerpt(string(body))
	if err != nil {
		a.Problem = excerpt(fmt.Sprintf("read the answer: %v", err))
		return
	}
	a.Accepted = announcer.Accepts(resp.StatusCode, body)
}

// excerptMax is how much of an answer or a failure is kept, in bytes.
const excerptMax = 1000

// excerpt is the beginning of s as valid text.
func excerpt(s string) string {
	if len(s) > excerptMax {
		s = s[:excerptMax]
		for cut := 0; cut < utf8.UTFMax && !utf8.ValidString(s); cut++ {
			s = s[:len(s)-1]
		}
	}
	return strings.ToValidUTF8(s, "�")
}
