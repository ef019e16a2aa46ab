package wechat

import (
	"context"

	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
)

// verdict tells a caller of the SDK whether a signature verified. The SDK says
// it only in the text of its errors, mixed with failures that come later.
type verdict struct {
	verified bool
	serial   string
}

type verdictKey struct{}

func withVerdict(ctx context.Context) (context.Context, *verdict) {
	v := &verdict{}
	return context.WithValue(ctx, verdictKey{}, v), v
}

// witness verifies by the SDK's verifier and notes the outcome in the context.
type witness struct{ auth.Verifier }

// Verify checks the signature.
func (w witness) Verify(ctx context.Context, serial, message, signature string) error {
	err := w.Verifier.Verify(ctx, serial, message, signature)
	if v, ok := ctx.Value(verdictKey{}).(*verdict); ok {
		v.verified, v.serial = err == nil, serial
	}
	return err
}
