package merchants

import (
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Failure is what is kept of a call that went wrong: the channel's own words, and
// what they most likely mean. Never an error's cause, which can hold what was
// sent.
type Failure struct {
	Kind    channel.Kind `json:"kind,omitempty"`
	Reason  string       `json:"reason,omitempty"` // see channel.Error
	Code    string       `json:"code,omitempty"`
	Message string       `json:"message,omitempty"`
	Status  int          `json:"status,omitempty"` // HTTP; 0 when no answer came
}

// FailureOf reads an error of a call; zero for nil.
func FailureOf(err error) Failure {
	if err == nil {
		return Failure{}
	}
	f := Failure{Kind: channel.KindOf(err)}
	var said *channel.Error
	if errors.As(err, &said) {
		f.Reason, f.Code, f.Message, f.Status = said.Reason, said.Code, shorten(said.Message, 400), said.Status
	} else if app.CodeOf(err) == app.Unavailable {
		f.Reason = reasonNoGateway
	}
	return f
}

// reasonNoGateway: this installation has no way to the channel in this mode.
const reasonNoGateway = "no_gateway"

func shorten(text string, limit int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), limit)])
}
