package payments

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestAnotherMerchantOfTheSameProviderDiffers: a provider's keys sign for all its
// merchants, so the money of one must not settle the order of another.
func TestAnotherMerchantOfTheSameProviderDiffers(t *testing.T) {
	a := Attempt{ID: "att_1", Identity: "1900000001", SubIdentity: "1700000001"}
	for sub, want := range map[string]string{"1700000001": "", "1700000002": "sub_identity", "": ""} {
		told := channel.Trade{Number: a.ID, Identity: a.Identity, SubIdentity: sub, State: channel.TradeUnpaid}
		if got := mismatch(a, told); got != want {
			t.Errorf("a trade of %q differs in %q, want %q", sub, got, want)
		}
	}
	direct := Attempt{ID: "att_2", Identity: "1900000001"}
	told := channel.Trade{Number: direct.ID, Identity: direct.Identity, SubIdentity: "1700000001", State: channel.TradeUnpaid}
	if got := mismatch(direct, told); got != "sub_identity" {
		t.Errorf("a merchant's trade for the provider's own order differs in %q", got)
	}
}

// TestABillAloneIsNoProofOfAnAmount: where the query names none, a person decides.
func TestABillAloneIsNoProofOfAnAmount(t *testing.T) {
	b := BilledRefund{Number: "1", Amount: 100}
	for amount, confirmed := range map[app.Money]bool{100: true, 0: false, 99: false} {
		err := confirmsBilled(Attempt{}, b, channel.Refund{State: channel.RefundSucceeded, Amount: amount}, nil)
		if (err == nil) != confirmed {
			t.Errorf("an answer over %d: %v", amount, err)
		}
	}
}
