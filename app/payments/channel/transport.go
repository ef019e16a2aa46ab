package channel

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of one call to a channel. The caller's context may be stricter.
const (
	callTimeout   = 15 * time.Second
	dialTimeout   = 3 * time.Second
	headerTimeout = 10 * time.Second
	// idleTimeout is shorter than the servers': they must not be the first to
	// hang up, or a request meets a closing connection.
	idleTimeout = 45 * time.Second
	// idlePerHost keeps enough connections for a burst: a TLS handshake costs
	// more than the call.
	idlePerHost = 64
)

// NewTransport returns the transport that all clients of all accounts share,
// so that connections to a channel are pooled. It obeys the proxy settings of
// the environment.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: headerTimeout,
		ExpectContinueTimeout: time.Second,
		MaxIdleConns:          4 * idlePerHost,
		MaxIdleConnsPerHost:   idlePerHost,
		IdleConnTimeout:       idleTimeout,
		ForceAttemptHTTP2:     true,
	}
}

// HTTPClient wraps a transport for a channel's SDK. It follows no redirect: a
// signed request is for one address only.
func HTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Rewrite sends what an SDK addresses to the host from to the gateway instead,
// whose path becomes a prefix. Requests to other hosts pass unchanged.
func Rewrite(next http.RoundTripper, from string, gateway *url.URL) http.RoundTripper {
	return &rewriter{next: next, from: from, to: gateway}
}

type rewriter struct {
	next http.RoundTripper
	from string
	to   *url.URL
}

// RoundTrip rewrites a copy of the request. The escaped path is kept as it was
// signed: a number with "*" travels as %2A.
func (t *rewriter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.from {
		return t.next.RoundTrip(r)
	}
	target := *r.URL
	target.Scheme, target.Host = t.to.Scheme, t.to.Host
	target.Path = strings.TrimSuffix(t.to.Path, "/") + r.URL.Path
	if r.URL.RawPath != "" || t.to.RawPath != "" {
		target.RawPath = strings.TrimSuffix(t.to.EscapedPath(), "/") + r.URL.EscapedPath()
	}
	sent := *r
	sent.URL, sent.Host = &target, t.to.Host
	return t.next.RoundTrip(&sent)
}
