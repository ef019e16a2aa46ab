// Package safedial makes HTTP clients for addresses that someone else chose:
// webhook endpoints, notification targets, any URL typed into a setting. Every
// address is judged at the moment it is dialled, after name resolution, so a
// name that changes its answer gains nothing.
package safedial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// Options shapes a Client. The zero value is the strict one.
type Options struct {
	AllowPrivate bool           // every address may be dialled
	AllowHosts   []string       // "host" or "host:port" exempt from the check
	Timeout      time.Duration  // of a whole exchange; 0 means 15 s
	MaxBody      int64          // bytes of a reply that may be read; 0 means 64 KiB
	Resolver     *net.Resolver  // nil means the machine's
	RootCAs      *x509.CertPool // nil means the machine's
}

const (
	defaultTimeout = 15 * time.Second
	defaultMaxBody = 64 << 10
	dialTimeout    = 5 * time.Second
)

// Client returns an HTTP client that dials public addresses only, follows no
// redirect (the 3xx itself is returned), ignores the environment's proxy,
// speaks TLS 1.2 or newer, and reads at most MaxBody bytes of a reply: reading
// on fails with ErrBodyTooLarge. A refused dial fails with ErrRefused.
func Client(opts Options) *http.Client {
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = defaultMaxBody
	}
	d := newDialer(opts)
	transport := &http.Transport{
		Proxy:                  nil,
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: opts.RootCAs},
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a small gzip can be a large body
		MaxResponseHeaderBytes: defaultMaxBody,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        60 * time.Second,
	}
	return &http.Client{
		Transport: limited{transport, opts.MaxBody},
		Timeout:   opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

type dialer struct {
	ranges  ranges
	exempt  map[string]bool
	free    *net.Dialer
	guarded *net.Dialer
	passed  func(netip.Addr) error // called with every address that passed; for tests
}

func newDialer(opts Options) *dialer {
	d := &dialer{
		ranges: newRanges(),
		exempt: map[string]bool{},
		free:   &net.Dialer{Timeout: dialTimeout, Resolver: opts.Resolver},
		passed: func(netip.Addr) error { return nil },
	}
	d.guarded = &net.Dialer{Timeout: dialTimeout, Resolver: opts.Resolver, ControlContext: d.control}
	if opts.AllowPrivate {
		d.guarded = d.free
	}
	for _, h := range opts.AllowHosts {
		d.exempt[strings.ToLower(h)] = true
	}
	return d
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if d.exempt[strings.ToLower(host)] || d.exempt[strings.ToLower(address)] {
		return d.free.DialContext(ctx, network, address)
	}
	return d.guarded.DialContext(ctx, network, address)
}

// control runs after resolution and before connect, once per address tried.
func (d *dialer) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if err := d.ranges.check(at.Addr()); err != nil {
		return err
	}
	return d.passed(at.Addr())
}
