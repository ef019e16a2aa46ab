package channel

import (
	"context"
	"time"
)

// CertificateKeeper is a Client that verifies by certificates which the channel
// renews, and which it therefore has to fetch. A client that verifies by a key
// without an end keeps none: refreshing does nothing, its state is zero.
type CertificateKeeper interface {
	// RefreshCertificates fetches the set now, however young it is. The set that
	// is there stays when that fails. Errors are *Error, as of every call.
	RefreshCertificates(ctx context.Context) error
	// CertificateState says what is held. It calls nobody.
	CertificateState() CertificateState
}

// CertificateState is what a client holds of the channel's certificates.
type CertificateState struct {
	// FetchedAt is when the set that is held was fetched; zero before the first.
	FetchedAt time.Time
	// ExpiresAt is when the newest certificate ends: from then on nothing that
	// the channel signs can be verified. Zero without any.
	ExpiresAt time.Time
	Serials   []string // of the certificates held, sorted
	// LastError is why the last fetch failed; "" when it succeeded or none was
	// made. It holds nothing secret.
	LastError string
}
