package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// trustedProxies are the hops whose X-Forwarded-For is believed.
type trustedProxies []netip.Prefix

func parseProxies(list []string) (trustedProxies, error) {
	var t trustedProxies
	for _, s := range list {
		if addr, err := netip.ParseAddr(s); err == nil {
			t = append(t, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("server.trusted_proxies: %q is neither an address nor a prefix", s)
		}
		t = append(t, prefix)
	}
	return t, nil
}

func (t trustedProxies) trusts(a netip.Addr) bool {
	for _, p := range t {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// client returns the address a request came from: the rightmost hop of the
// forwarded list that is no proxy of ours. Whatever stands left of it was
// written by that hop and proves nothing.
func (t trustedProxies) client(peer, forwardedFor string) string {
	addr, err := netip.ParseAddr(peer)
	if err != nil {
		return peer
	}
	addr = addr.Unmap()
	hops := strings.Split(forwardedFor, ",")
	for i := len(hops) - 1; i >= 0 && t.trusts(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr.String()
}
