package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// reasonLimit fits the column it is kept in.
const reasonLimit = 200

// reasonOf says in a few words why a call has no answer. It never quotes the
// error's cause, which may hold what was sent.
func reasonOf(err error) string {
	var said *channel.Error
	if !errors.As(err, &said) {
		return "no answer"
	}
	var network net.Error
	text := "no answer"
	switch {
	case errors.Is(err, channel.ErrUnverified):
		text = "an answer whose signature does not verify"
	case errors.Is(err, channel.ErrUnreadable):
		text = "an answer that cannot be read"
	case said.Status != 0:
		text = fmt.Sprintf("HTTP %d", said.Status)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		text = "no answer in time"
	}
	if said.Code != "" {
		text += " " + said.Code
	}
	if said.Message != "" {
		text += " " + said.Message
	}
	if runes := []rune(text); len(runes) > reasonLimit {
		text = string(runes[:reasonLimit])
	}
	if !utf8.ValidString(text) {
		return "an answer that cannot be read"
	}
	return text
}
