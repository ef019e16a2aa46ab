package channel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// What a failure most likely means, whatever the channel. They are keys of
// translated sentences and stay as they are.
const (
	ReasonDNS         = "network_dns"         // the channel's name does not resolve
	ReasonTLS         = "network_tls"         // something between us and the channel shows another certificate
	ReasonRefused     = "network_refused"     // nobody listens there, or a firewall says no
	ReasonTimeout     = "network_timeout"     // no answer in time
	ReasonUnreachable = "network_unreachable" // any other failure on the way
	ReasonUnreadable  = "answer_unreadable"   // an answer came that is not the channel's
	ReasonBusy        = "channel_busy"        // the channel is in trouble or asks for patience
	ReasonClock       = "clock"               // our clock and the channel's differ
)

// MaxSkew is how far apart the clocks may be before either side stops believing
// the other (both channels' documents: five minutes).
const MaxSkew = 5 * time.Minute

// NetworkReason says why nothing came back; "" when something did.
func NetworkReason(err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var timeout interface{ Timeout() bool }
	var network net.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &dns):
		return ReasonDNS
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verification), errors.As(err, &record):
		return ReasonTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return ReasonRefused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	case errors.As(err, &network):
		return ReasonUnreachable
	}
	return ""
}

// Skewed reports whether an answer of this header is dated further from now than
// clocks may differ. Seconds are a header's Unix time, "" to look at Date alone.
func Skewed(h http.Header, seconds string, now time.Time) bool {
	at, err := http.ParseTime(h.Get("Date"))
	if n, parseErr := strconv.ParseInt(seconds, 10, 64); parseErr == nil {
		at, err = time.Unix(n, 0), nil
	}
	return err == nil && now.Sub(at).Abs() > MaxSkew
}
