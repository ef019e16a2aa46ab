package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// checkBaseURL refuses plain http off loopback: cookies and API keys would
// cross the network in the clear.
func checkBaseURL(p *Problems, raw string) {
	const key = "server.base_url"
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		p.add(key, "write it as https://pay.example.com", "%q is not an http or https URL with a host", raw)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "":
		p.add(key, "write scheme and host only, without a trailing slash, such as https://pay.example.com", "%q carries more than scheme, host and port", u.Redacted())
	case u.Scheme == "http" && !loopback(u.Hostname()):
		p.add(key, "put TLS in front and write https://, or use a loopback host such as http://127.0.0.1:8080", "plain http to %s would send sessions and keys in the clear", u.Hostname())
	}
}

// checkTestGateway accepts a URL, or one below the sandbox where there is one.
func checkTestGateway(p *Problems, key, gateway string, s Sandbox) {
	switch {
	case strings.HasPrefix(gateway, sandboxMark):
		if !s.Enabled && s.URL == "" {
			p.add(key, "set sandbox.enabled or sandbox.url, name another gateway, or set channels.live_only to true", "%q refers to the sandbox, and there is none", gateway)
		}
	case !httpURL(gateway):
		p.add(key, "write a URL, or one that begins with "+sandboxMark, "%q is not an http or https URL", gateway)
	}
}

func checkListen(p *Problems, key, address string) {
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		p.add(key, "write host:port, such as 127.0.0.1:8080", "%q is not an address to listen on", address)
	}
}

func checkDatabase(p *Problems, key, raw string) {
	engine, rest, _ := strings.Cut(raw, ":")
	if rest == "" || engine != "sqlite" && engine != "mysql" {
		// The value is not quoted: it may hold a password.
		p.add(key, "write sqlite:PATH or mysql:USER:PASSWORD@tcp(HOST:3306)/NAME", "it names no engine we know")
	}
}

func positive(p *Problems, key string, d Duration) {
	if d.Duration <= 0 {
		p.add(key, "write a positive duration, such as \"15s\"", "%s is not positive", d)
	}
}

func between(p *Problems, key string, n, low, high int) {
	if n < low || n > high {
		p.add(key, "choose a number in that range", "%d is not between %d and %d", n, low, high)
	}
}

func oneOf(p *Problems, key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		p.add(key, "write one of "+strings.Join(allowed, ", "), "%q is unknown", value)
	}
}

func addressOrPrefix(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParsePrefix(s)
	return err == nil
}

// hostName accepts a host or host:port, nothing wider.
func hostName(s string) bool {
	u, err := url.Parse("//" + s)
	return err == nil && u.Host == s && u.Hostname() != "" && !strings.ContainsAny(s, "*/")
}

func httpURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
