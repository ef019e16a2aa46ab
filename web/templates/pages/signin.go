// Package pages holds the console's pages. Each has a view model, filled by
// its handler, and a component that renders it; neither does I/O.
package pages

import (
	"strings"

	"github.com/piaohao/piaohao/web/templates/layout"
)

// SignIn is the sign-in page.
type SignIn struct {
	Shell layout.Shell
	Next  string // where to go afterwards; a local path, checked by the handler
	Email string // kept after a refusal; the password never is
	// PasskeyOrigin is where passkeys work; empty where there are none.
	PasskeyOrigin string
	Providers     []Way
	// Apply says that people may apply to be merchants.
	Apply bool
	// Problem is the key of what went wrong: "credentials", "locked",
	// "expired", "signed_out", "passkey" or one of sso's reasons, which begin
	// with "sso_"; empty for none. Credentials reads the same for
	// known and unknown users.
	Problem string
	// RetryAfter is how many minutes a locked user waits.
	RetryAfter int
}

func (v SignIn) refused() bool {
	switch v.Problem {
	case "credentials", "locked", "passkey":
		return true
	}
	return strings.HasPrefix(v.Problem, "sso_")
}
