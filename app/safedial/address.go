package safedial

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// ErrRefused means that an address is not on the public internet, so a URL
// that someone typed in must not reach it.
var ErrRefused = errors.New("address is not public")

// special lists what is not the public internet (the IANA special-purpose
// registries), and metadata services that live on otherwise public addresses.
type special struct {
	prefix netip.Prefix
	what   string
}

func specials() []special {
	rows := []struct{ prefix, what string }{
		{"0.0.0.0/8", "unspecified"},
		{"10.0.0.0/8", "private"},
		{"100.64.0.0/10", "carrier-grade NAT"},
		{"127.0.0.0/8", "loopback"},
		{"168.63.129.16/32", "cloud metadata"}, // Azure's wire server
		{"169.254.0.0/16", "link-local"},
		{"172.16.0.0/12", "private"},
		{"192.0.0.0/24", "protocol assignments"},
		{"192.0.2.0/24", "documentation"},
		{"192.88.99.0/24", "6to4 relay"},
		{"192.168.0.0/16", "private"},
		{"198.18.0.0/15", "benchmarking"},
		{"198.51.100.0/24", "documentation"},
		{"203.0.113.0/24", "documentation"},
		{"224.0.0.0/4", "multicast"},
		{"240.0.0.0/4", "reserved"},
		// Tunnels carry an IPv4 address inside; both are retired protocols, so
		// they are refused whole, whatever they embed.
		{"2001::/32", "Teredo"},
		{"2002::/16", "6to4"},
		{"2001:2::/48", "benchmarking"},
		{"2001:10::/28", "ORCHID"},
		{"2001:20::/28", "ORCHID"},
		{"2001:db8::/32", "documentation"},
		{"3fff::/20", "documentation"},
	}
	out := make([]special, len(rows))
	for i, r := range rows {
		out[i] = special{netip.MustParsePrefix(r.prefix), r.what}
	}
	return out
}

// ranges answers whether an address is public.
type ranges struct {
	refused []special
	global  netip.Prefix // of IPv6, only this is allocated to the internet
	nat64   netip.Prefix
}

func newRanges() ranges {
	return ranges{
		refused: specials(),
		global:  netip.MustParsePrefix("2000::/3"),
		nat64:   netip.MustParsePrefix("64:ff9b::/96"),
	}
}

// check returns an error that wraps ErrRefused unless addr is public. An IPv4
// address inside an IPv6 one (mapped, or translated by NAT64) is judged itself.
func (r ranges) check(addr netip.Addr) error {
	plain := addr.Unmap().WithZone("")
	if plain.Is6() && r.nat64.Contains(plain) {
		b := plain.As16()
		plain = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, s := range r.refused {
		if s.prefix.Contains(plain) {
			return fmt.Errorf("%w: %s is %s", ErrRefused, addr, s.what)
		}
	}
	if plain.Is6() && !r.global.Contains(plain) {
		return fmt.Errorf("%w: %s is local or reserved", ErrRefused, addr)
	}
	return nil
}

// CheckHost judges the host of a URL without resolving it, so that a form can
// refuse the obvious at once: literal addresses that are not public, localhost,
// and numbers that some resolvers read as an address (2130706433, 0x7f.1,
// 0177.0.0.1). A name that passes is still checked whenever it is dialled.
func CheckHost(host string) error {
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return newRanges().check(addr)
	}
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return fmt.Errorf("%w: %q is this machine", ErrRefused, host)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return fmt.Errorf("%w: %q is a number, not a name", ErrRefused, host)
	}
	return nil
}
