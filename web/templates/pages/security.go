package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// SecondFactor asks for the second factor after the password. It posts code and
// next to routes.SecondFactor.
type SecondFactor struct {
	Shell layout.Shell
	Next  string
	// TOTP and Passkeys say what the reader has.
	TOTP, Passkeys bool
	// PasskeyOrigin is where the reader's passkeys work; empty for who has none.
	PasskeyOrigin string
	// Problem is "wrong", "passkey", "locked" or "".
	Problem    string
	RetryAfter int // minutes, when locked
}

// Security is by what the reader signs in.
type Security struct {
	Shell               layout.Shell
	PasswordChanged     app.Millis
	TOTP                bool
	TOTPSince, TOTPUsed app.Millis
	// Second says that there is a second factor of any kind, Required that the
	// reader may not go without.
	Second, Required bool
	CodesLeft        int
	Sessions         int // open ones
	Logins           Logins
}

// TOTP sets up an authenticator app. It posts seed, code and next to
// routes.TOTP.
type TOTP struct {
	Shell  layout.Shell
	QRBox  string // the drawing's viewBox
	QRPath string // and the d of its path
	Seed   string // base32
	Sealed string // for the form
	Next   string
	// Must says that nothing else opens before; Replaces that another app is
	// replaced.
	Must, Replaces bool
	Passkey        bool              // there could be one instead
	Errors         map[string]string // translated, by field
}

// groups cuts the seed into fours, to be typed in.
func (v TOTP) groups() string {
	out := ""
	for i, r := range v.Seed {
		if i > 0 && i%4 == 0 {
			out += " "
		}
		out += string(r)
	}
	return out
}

// RemoveTOTP asks for a code before the authenticator app is removed. It posts
// code to routes.RemoveTOTP.
type RemoveTOTP struct {
	Shell  layout.Shell
	Errors map[string]string // translated, by field
}

// RecoveryCodes shows new recovery codes, once.
type RecoveryCodes struct {
	Shell    layout.Shell
	Codes    []string
	Next     string
	Enrolled bool // an authenticator app was set up just now
	Passkey  bool // a passkey was registered just now
}

func totpLine(ctx context.Context, v TOTP) string {
	if v.Replaces {
		return i18n.T(ctx, "totp.replaces")
	}
	return i18n.T(ctx, "totp.line")
}

func (v RecoveryCodes) line() string {
	if v.Enrolled {
		return "recovery.line"
	}
	return "recovery.line_new"
}
