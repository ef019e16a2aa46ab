package trade_test

import (
	"context"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestAProviderSpeaksForItsMerchantsAlone(t *testing.T) {
	each(t, func(t *testing.T, b *box, _ *db.DB) {
		ctx := context.Background()
		other, err := b.OpenMerchant(ctx, app.Alipay, trade.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		sub, err := b.OpenSubMerchant(ctx, app.Alipay, b.merchant.ID)
		if err != nil || !strings.HasPrefix(sub.SellerID, "2088") || sub.Token == "" || sub.ID == b.merchant.ID {
			t.Fatalf("opened %+v, %v", sub, err)
		}
		if got, err := b.SubMerchant(ctx, b.merchant.ID, sub.ID); err != nil || got != sub {
			t.Errorf("by id: %+v, %v", got, err)
		}
		if got, err := b.SubMerchantByToken(ctx, b.merchant.ID, sub.Token); err != nil || got != sub {
			t.Errorf("by token: %+v, %v", got, err)
		}
		if _, err := b.SubMerchant(ctx, other.ID, sub.ID); !app.Is(err, app.NotFound) {
			t.Errorf("of another provider: %v", err)
		}
		if _, err := b.SubMerchantByToken(ctx, other.ID, sub.Token); !app.Is(err, app.NotFound) {
			t.Errorf("another provider's token: %v", err)
		}
		if _, err := b.OpenSubMerchant(ctx, app.WeChat, b.merchant.ID); !app.Is(err, app.NotFound) {
			t.Errorf("under a provider of another channel: %v", err)
		}
		// Numbers are the sub-merchant's own, and its notifications the provider's.
		own := b.create(t, "order-1", "https://shop.example/n")
		o := b.order("order-1", "https://shop.example/n")
		o.Sub = sub
		made, created, err := b.Create(ctx, o)
		if err != nil || !created || made.MerchantID != sub.ID || made.ProviderID != b.merchant.ID || made.ID == own.ID {
			t.Fatalf("ordered for a sub-merchant: %+v, %v", made, err)
		}
		if again, created, err := b.Create(ctx, o); err != nil || created || again.ID != made.ID {
			t.Errorf("ordered again: %+v, created %v, %v", again, created, err)
		}
		if _, err := b.Pay(ctx, made.Code); err != nil {
			t.Fatal(err)
		}
		queued, err := b.Notifications(ctx, made.ID, "", 10)
		if err != nil || len(queued) != 1 || queued[0].MerchantID != b.merchant.ID {
			t.Errorf("notifications %+v, %v", queued, err)
		}
	})
}
