package channel

import "encoding/json"

// SubInspector is a Driver whose accounts may take money through a service
// provider (服务商).
type SubInspector interface {
	// InspectSub reads, offline, what names a merchant under the provider, whose
	// own credentials are given too. The report's Identity is what the merchant's
	// bills belong to, SubIdentity what tells it from the provider's other
	// merchants where that is another, and its expiry is that of the provider's
	// certificates. Credentials of an account of one's own fail a check.
	InspectSub(provider, credentials json.RawMessage) Report
}
