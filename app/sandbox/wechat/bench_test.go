package wechat_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// BenchmarkSignature is the floor of BenchmarkPrepay, which signs twice: once
// at the merchant and once at the channel.
func BenchmarkSignature(b *testing.B) {
	box := start(b, dbtest.OpenSQLite(b, dbtest.WithSandbox()), &clock{now: time.Now()}, trade.PublicKey)
	key, err := trade.ParsePrivateKey(box.merchant.WeChat.PrivateKey)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte("x"))
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:]); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkPrepay orders with the official SDK over loopback.
func BenchmarkPrepay(b *testing.B) {
	box := start(b, dbtest.OpenSQLite(b, dbtest.WithSandbox()), &clock{now: time.Now()}, trade.PublicKey)
	api := native.NativeApiService{Client: newSDK(b, box).client}
	var n atomic.Int64
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, _, err := api.Prepay(context.Background(), box.nativeOrder(fmt.Sprintf("order-%d", n.Add(1)), 1)); err != nil {
				b.Error(err)
			}
		}
	})
}
