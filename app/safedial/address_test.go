package safedial

import (
	"errors"
	"net/netip"
	"testing"
)

func TestOnlyPublicAddressesPass(t *testing.T) {
	refused := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
		"127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.168.1.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
		"::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808",
		"2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
		"100::1", "2001:db8::1", "3fff::1", "5f00::1", "2001:2::1", "4000::1",
	}
	for _, s := range refused {
		if err := newRanges().check(netip.MustParseAddr(s)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: got %v, want refused", s, err)
		}
	}
	public := []string{
		"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
		"192.169.0.1", "223.255.255.255", "2606:4700:4700::1111", "2400:3200::1",
		"::ffff:8.8.8.8", "64:ff9b::808:808",
	}
	for _, s := range public {
		if err := newRanges().check(netip.MustParseAddr(s)); err != nil {
			t.Errorf("%s: %v, want public", s, err)
		}
	}
}

func TestHostsThatCannotBePublicAreRefusedBeforeResolving(t *testing.T) {
	for _, h := range []string{
		"", "localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "[::1]", "10.1.2.3",
		"2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "017700000001",
		"foo.0x1", "[::ffff:7f00:1]", "1.2.3.4.5",
	} {
		if err := CheckHost(h); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: got %v, want refused", h, err)
		}
	}
	for _, h := range []string{"example.com", "example.com.", "8.8.8.8", "xn--fiqs8s.cn", "0xabc.example", "4chan.org"} {
		if err := CheckHost(h); err != nil {
			t.Errorf("%q: %v, want accepted", h, err)
		}
	}
}
