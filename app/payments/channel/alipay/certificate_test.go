package alipay_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
)

// strangers are certificate numbers other than the account's own.
var strangers = []string{"0011", "00112233445566778899aabbccddeeff", "../alipay.open.app.alipaycert.download", "alipay-public-key"}

// TestForeignCertificateOfANotification: a number that we do not hold is turned
// away without asking anybody for its certificate, even when the message
// verifies by the key that we hold.
func TestForeignCertificateOfANotification(t *testing.T) {
	for _, who := range []string{"certificate", "partner, certificate"} {
		c := openAs(t, accounts[who](), uncalled(t))
		for _, sn := range strangers {
			_, err := parse(t, c, encode(with(map[string]string{"alipay_cert_sn": sn})))
			wantKind(t, err, channel.KindForged)
			var e *channel.Error
			if !errors.As(err, &e) || e.Code != alipay.CodeUnknownCert {
				t.Errorf("%s: %v", sn, err)
			}
		}
		own := driver().Inspect(accounts["certificate"]().Credentials).Facts["alipay_cert_sn"]
		for _, sn := range []string{own, ""} {
			changes := map[string]string{}
			if sn != "" {
				changes["alipay_cert_sn"] = sn
			}
			n, err := parse(t, c, encode(with(changes)))
			wantKind(t, err, "")
			if n.VerifiedBy != own {
				t.Errorf("verified by %q, want %q", n.VerifiedBy, own)
			}
		}
	}
}

// TestForeignCertificateOfAnAnswer: it is not believed and nothing is fetched,
// whatever was asked, and the next answer is read as before.
func TestForeignCertificateOfAnAnswer(t *testing.T) {
	own := driver().Inspect(accounts["certificate"]().Credentials).Facts["alipay_cert_sn"]
	for _, sn := range strangers {
		for operation, run := range operations {
			calls, said := 0, sn
			c := openAs(t, accounts["certificate"](), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls++
				node := nodeOf(r)
				if !strings.HasPrefix(node, "alipay_trade_") && (operation != "bill" || !strings.HasPrefix(node, "alipay_data_")) {
					t.Errorf("%s: called %s", operation, node)
				}
				_, _ = io.WriteString(w, fmt.Sprintf(`{%q:%s,"alipay_cert_sn":%q,"sign":%q}`, node, notExist, said, sign(alipayKey(), notExist)))
			}))
			err := run(t.Context(), c)
			if channel.KindOf(err) != channel.KindUnknown || !errors.Is(err, channel.ErrUnverified) || calls != 1 {
				t.Errorf("%s by %s: %v after %d calls", operation, sn, err, calls)
			}
			said = own
			if _, err := c.Query(t.Context(), number); channel.KindOf(err) != channel.KindNotExist {
				t.Errorf("%s, then by our own: %v", operation, err)
			}
		}
	}
}
