package pages

import "github.com/piaohao/piaohao/web/templates/layout"

// Password changes the user's own password. It posts current_password, password
// and repeat to routes.Password.
type Password struct {
	Shell layout.Shell
	// Must says that nothing else can be done before.
	Must   bool
	Errors map[string]string // translated, by field; "" is the whole form's
}
