package pages

import "testing"

func TestWhatIsOnItsWayBackComesFirst(t *testing.T) {
	refund := func(status string) Payment {
		return Payment{Amount: 100, Status: "succeeded", Late: true, RefundLeft: 50, Refunds: []PaymentRefund{{Status: "succeeded"}, {Status: status}}}
	}
	whole := refund("succeeded")
	whole.Refunded = 100
	kept := Payment{Amount: 100, RefundLeft: 200, Hints: []PaymentHint{{Kind: "late"}, {Kind: "duplicate"}}}
	given := Payment{Amount: 100, RefundLeft: 100, Hints: []PaymentHint{{Kind: "duplicate", Refunded: true}}}
	for want, v := range map[string]Payment{
		"refund_abnormal": refund("abnormal"), "refunding": refund("awaiting_approval"), "refunded": whole, "duplicate": kept, "": given,
	} {
		if got := v.back(); got != want {
			t.Errorf("%+v: %q, want %q", v, got, want)
		}
	}
	if got := refund("pending").back(); got != "refunding" {
		t.Errorf("a pending refund: %q", got)
	}
	if got := refund("failed").back(); got != "" {
		t.Errorf("a failed refund: %q", got)
	}
}
