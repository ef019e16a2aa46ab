package safedial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a real DNS server on loopback that gives the answers in turn
// and repeats the last.
func nameServer(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go serveNames(conn, answers)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func serveNames(conn net.PacketConn, answers []string) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			addr := netip.MustParseAddr(answers[0])
			if len(answers) > 1 {
				answers = answers[1:]
			}
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: addr.As4()},
			}}
		}
		if out, err := m.Pack(); err == nil {
			_, _ = conn.WriteTo(out, from)
		}
	}
}

// receiver counts what reaches it.
func receiver(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var hits atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s, &hits
}

func port(s *httptest.Server) string { return s.URL[strings.LastIndexByte(s.URL, ':'):] }

func TestEveryWayOfWritingLoopbackIsRefused(t *testing.T) {
	s, hits := receiver(t, func(http.ResponseWriter, *http.Request) {})
	// The name server answers 127.0.0.1 to anything, as getaddrinfo does for
	// the numeric forms.
	client := Client(Options{Resolver: nameServer(t, "127.0.0.1")})
	for _, host := range []string{
		"127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f000001", "0x7f.1", "127.1",
		"[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "0.0.0.0",
		"innocent.example.com",
	} {
		res, err := client.Get("http://" + host + port(s) + "/")
		if err == nil {
			res.Body.Close()
			t.Errorf("%s was reached", host)
			continue
		}
		var noName *net.DNSError
		if !errors.Is(err, ErrRefused) && !errors.As(err, &noName) {
			t.Errorf("%s: %v, want refused", host, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests reached loopback", n)
	}
}

func TestANameThatTurnsPrivateIsRefusedWhenDialled(t *testing.T) {
	s, hits := receiver(t, func(http.ResponseWriter, *http.Request) {})
	d := newDialer(Options{Resolver: nameServer(t, "8.8.8.8", "127.0.0.1")})
	stop := errors.New("stopped before a packet leaves")
	var passed []netip.Addr
	d.passed = func(a netip.Addr) error { passed = append(passed, a); return stop }
	if _, err := d.dial(t.Context(), "tcp4", "rebind.example.com"+port(s)); !errors.Is(err, stop) {
		t.Fatalf("the public answer: %v, want it to pass", err)
	}
	if _, err := d.dial(t.Context(), "tcp4", "rebind.example.com"+port(s)); !errors.Is(err, ErrRefused) {
		t.Fatalf("the private answer: %v, want refused", err)
	}
	if len(passed) != 1 || passed[0].String() != "8.8.8.8" || hits.Load() != 0 {
		t.Fatalf("passed %v, hits %d", passed, hits.Load())
	}
}

func TestExemptionsReachLoopback(t *testing.T) {
	s, hits := receiver(t, func(http.ResponseWriter, *http.Request) {})
	resolver := nameServer(t, "127.0.0.1")
	for _, o := range []Options{
		{AllowPrivate: true},
		{AllowHosts: []string{"Inbox.example.com"}},
		{AllowHosts: []string{"inbox.example.com" + port(s)}},
	} {
		o.Resolver = resolver
		res, err := Client(o).Get("http://inbox.example.com" + port(s))
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		res.Body.Close()
	}
	other := Client(Options{AllowHosts: []string{"inbox.example.com:1"}, Resolver: resolver})
	if _, err := other.Get("http://inbox.example.com" + port(s)); !errors.Is(err, ErrRefused) {
		t.Fatalf("another port of the exempt host: %v, want refused", err)
	}
	if hits.Load() != 3 {
		t.Fatalf("%d hits, want 3", hits.Load())
	}
}

func TestRedirectsAreReturnedNotFollowed(t *testing.T) {
	target, hits := receiver(t, func(http.ResponseWriter, *http.Request) {})
	s, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL, http.StatusFound)
	})
	res, err := Client(Options{AllowPrivate: true}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusFound || hits.Load() != 0 {
		t.Fatalf("status %d, %d hits at the target", res.StatusCode, hits.Load())
	}
}

func TestTheEnvironmentsProxyIsIgnored(t *testing.T) {
	proxy, hits := receiver(t, func(http.ResponseWriter, *http.Request) {})
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	s, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	client := Client(Options{AllowPrivate: true})
	if f := client.Transport.(limited).next.(*http.Transport).Proxy; f != nil {
		t.Error("a proxy function is set")
	}
	res, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 204 || hits.Load() != 0 {
		t.Fatalf("status %d, proxy hits %d", res.StatusCode, hits.Load())
	}
}

func TestAnEndlessBodyIsCutOff(t *testing.T) {
	s, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		line := []byte(strings.Repeat("x", 4096))
		for {
			if _, err := w.Write(line); err != nil || r.Context().Err() != nil {
				return
			}
		}
	})
	res, err := Client(Options{AllowPrivate: true, MaxBody: 10_000}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if len(b) != 10_000 || !errors.Is(err, ErrBodyTooLarge) {
		t.Fatalf("read %d bytes, %v", len(b), err)
	}
}

func TestABodyOfExactlyTheLimitIsWhole(t *testing.T) {
	s, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) })
	res, err := Client(Options{AllowPrivate: true, MaxBody: 100}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); len(b) != 100 || err != nil {
		t.Fatalf("read %d bytes, %v", len(b), err)
	}
}

func TestASilentReceiverTimesOut(t *testing.T) {
	release := make(chan struct{})
	s, _ := receiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	_, err := Client(Options{AllowPrivate: true, Timeout: 50 * time.Millisecond}).Get(s.URL)
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Fatalf("got %v, want a timeout", err)
	}
}
