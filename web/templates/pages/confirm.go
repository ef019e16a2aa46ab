package pages

import (
	"strings"

	"github.com/piaohao/piaohao/web/templates/layout"
)

// Confirm asks a signed-in user to show again who they are. It posts _password
// or _code to Action, and with it what a form had sent there, or the page to go on to.
type Confirm struct {
	Shell  layout.Shell
	Action string
	Next   string         // to go on to; "" when Action is what was asked for
	Fields []ConfirmField // of the form that is held up
	// Lost says that a form was sent whose fields are not kept.
	Lost bool
	// PasskeyOrigin is where the user's passkeys work; empty for who has none.
	PasskeyOrigin string
	Providers     []Way // where the user is linked
	// Problem is "wrong", "passkey", "locked", one of sso's reasons, or "".
	Problem    string
	RetryAfter int // minutes, when locked
	Back       string
	ByCode     bool // the reader has a second factor
	Recovery   bool // and no app: only a recovery code can be typed
}

// ConfirmField is a field of the form that is held up.
type ConfirmField struct{ Name, Value string }

func (v Confirm) line() string {
	switch {
	case v.Lost:
		return "confirm.lost"
	case len(v.Fields) > 0:
		return "confirm.held"
	}
	return "confirm.line"
}

func (v Confirm) problem() string {
	if strings.HasPrefix(v.Problem, "sso_") {
		return "sign_in.problem_" + v.Problem
	}
	return "confirm.problem_" + v.Problem
}
