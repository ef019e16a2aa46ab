package merchants

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// checkScopes puts scopes in their usual order, each once.
func checkScopes(in []Scope) ([]Scope, error) {
	for i, x := range in {
		if !slices.Contains(Scopes(), x) {
			return nil, app.InvalidField(fmt.Sprintf("scopes.%d", i), "unknown", "no scope %q", string(x))
		}
	}
	out := []Scope{}
	for _, x := range Scopes() {
		if slices.Contains(in, x) {
			out = append(out, x)
		}
	}
	return out, nil
}

const maxAllowedIPs = 50

// checkIPs reads addresses and ranges; an address is a range of one.
func checkIPs(in []string) ([]netip.Prefix, error) {
	if len(in) > maxAllowedIPs {
		return nil, app.InvalidField("allowed_ips", "too_many", "at most %d addresses or ranges", maxAllowedIPs)
	}
	out := []netip.Prefix{}
	for i, text := range in {
		p, err := parseRange(strings.TrimSpace(text))
		if err != nil {
			return nil, app.InvalidField(fmt.Sprintf("allowed_ips.%d", i), "bad_format", "not an address or CIDR range: %q", text)
		}
		out = append(out, p)
	}
	return out, nil
}

func parseRange(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		addr = addr.Unmap()
		if addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%s has a zone", text)
		}
		return addr.Prefix(addr.BitLen())
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if p.Addr().Is4In6() {
		// Callers' addresses are compared unmapped, so this would match nobody.
		return netip.Prefix{}, fmt.Errorf("%s is an IPv4 range in IPv6 form", text)
	}
	return p.Masked(), nil
}
