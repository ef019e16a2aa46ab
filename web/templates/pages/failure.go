package pages

import "github.com/piaohao/piaohao/web/templates/layout"

// Failure is a page that could not be shown. Kind is forbidden, not_found,
// conflict, rate_limited, unavailable, internal or csrf.
type Failure struct {
	Shell     layout.Shell
	Kind      string
	RequestID string
	// Message is a translated sentence about this case; empty for none.
	Message string
}

// Search is a number that led nowhere. One that is found redirects instead.
type Search struct {
	Shell layout.Shell
	Query string
	// Rows and Refunds are what matches when it is more than one.
	Rows    []PaymentRow
	Refunds []RefundRow
}
