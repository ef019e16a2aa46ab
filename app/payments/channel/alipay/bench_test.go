package alipay_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// BenchmarkParseNotification costs one RSA verification and sorting the form.
func BenchmarkParseNotification(b *testing.B) {
	c := offline(b)
	n := channel.Notification{Body: encode(paidForm())}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.ParseNotification(b.Context(), n); err != nil {
			b.Fatal(err)
		}
	}
}
