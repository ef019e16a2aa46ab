package trade

import "github.com/piaohao/piaohao/app"

// The reasons for which a client on the payer's phone opens no cashier for what
// a page or an app hands to it. All are Invalid.
const (
	ReasonInvokeParams    = "invoke_params"    // a parameter is missing or malformed
	ReasonInvokeSignature = "invoke_signature" // not signed by the merchant's key
	ReasonInvokeStale     = "invoke_stale"     // the timestamp is too old or ahead
	ReasonInvokePrepay    = "invoke_prepay"    // no such order, or another product's
	ReasonInvokeApp       = "invoke_app"       // the order belongs to another app or merchant
	ReasonInvokePayer     = "invoke_payer"     // ordered for another payer
)

// RefuseInvoke is the client's refusal for one of those reasons.
func RefuseInvoke(reason, format string, args ...any) error {
	return app.Errorf(app.Invalid, format, args...).WithReason(reason)
}
