package wechat

import (
	"strings"
	"testing"
)

// FuzzParseAuthorization: whatever arrives is refused or complete, and what is
// accepted can be written back and read the same.
func FuzzParseAuthorization(f *testing.F) {
	f.Add(`WECHATPAY2-SHA256-RSA2048 mchid="1600000001",nonce_str="n",timestamp="1700000000",serial_no="S",signature="c2ln"`)
	f.Add(`WECHATPAY2-SHA256-RSA2048 signature="c2ln", serial_no="S",timestamp="1",nonce_str="n", mchid="1"`)
	f.Add(`WECHATPAY2-SHA256-RSA2048 mchid="1",mchid="2"`)
	f.Add(`WECHATPAY2-SHA256-RSA2048 mchid="`)
	f.Add(`Bearer x`)
	f.Fuzz(func(t *testing.T, header string) {
		a, err := parseAuthorization(header)
		if err != nil {
			return
		}
		if a.mchID == "" || a.nonce == "" || a.serial == "" || a.signature == "" {
			t.Fatalf("accepted %q as %+v", header, a)
		}
		fields := []string{
			`signature="` + a.signature + `"`, `timestamp="` + a.timestampText + `"`, `serial_no="` + a.serial + `"`,
			`nonce_str="` + a.nonce + `"`, `mchid="` + a.mchID + `"`,
		}
		again, err := parseAuthorization(scheme + " " + strings.Join(fields, ","))
		if err != nil || again != a {
			t.Fatalf("%q read as %+v, written back as %+v (%v)", header, a, again, err)
		}
	})
}
