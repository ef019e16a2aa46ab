package main

import "testing"

func TestOnlyTrustedProxiesMayNameTheClient(t *testing.T) {
	proxies, err := parseProxies([]string{"10.0.0.0/8", "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, peer, forwarded, want string }{
		{"no proxy, header forged", "203.0.113.9", "1.2.3.4", "203.0.113.9"},
		{"one proxy", "10.1.1.1", "203.0.113.9", "203.0.113.9"},
		{"client forged a hop", "10.1.1.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"},
		{"two proxies", "10.1.1.1", "203.0.113.9, 192.0.2.7", "203.0.113.9"},
		{"garbage stops the walk", "10.1.1.1", "203.0.113.9, nonsense", "10.1.1.1"},
		{"no header", "10.1.1.1", "", "10.1.1.1"},
		{"mapped peer", "::ffff:10.1.1.1", "2001:db8::1", "2001:db8::1"},
	} {
		if got := proxies.client(tc.peer, tc.forwarded); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestABadProxyIsRefusedAtStart(t *testing.T) {
	if _, err := parseProxies([]string{"proxy.example"}); err == nil {
		t.Fatal("a host name was taken for an address")
	}
}
