// Package pages holds the console's pages. Each has a view model, filled by
// its handler, and a component that renders it; neither does I/O.
package pages

import "github.com/piaohao/piaohao/web/templates/layout"

// SignIn is the sign-in page.
type SignIn struct {
	Shell layout.Shell
	Next  string // where to go afterwards; a local path, checked by the handler
	Email string // kept after a refusal; the password never is
	// Problem is the key of what went wrong: "credentials", "locked",
	// "expired", "signed_out"; empty for none. Credentials reads the same for
	// known and unknown users.
	Problem string
	// RetryAfter is how many minutes a locked user waits.
	RetryAfter int
}

func (v SignIn) refused() bool { return v.Problem == "credentials" || v.Problem == "locked" }
