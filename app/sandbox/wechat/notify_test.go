package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// parse reads a notification with the SDK's own handler.
func (s sdk) parse(t *testing.T, b *box, r received) (*notify.Request, payments.Transaction, error) {
	t.Helper()
	handler, err := notify.NewRSANotifyHandler(b.merchant.WeChat.APIv3Key, s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, b.shop.URL, bytes.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = r.header
	var content payments.Transaction
	envelope, err := handler.ParseNotifyRequest(context.Background(), req, &content)
	return envelope, content, err
}

// paid prepays and pays an order of 1234 fen and returns it.
func (s sdk) paid(t *testing.T, b *box, no string) trade.Trade {
	t.Helper()
	made, _, err := (&native.NativeApiService{Client: s.client}).Prepay(context.Background(), b.nativeOrder(no, 1234))
	if err != nil {
		t.Fatal(err)
	}
	return b.pay(t, *made.CodeUrl)
}

func TestTheSDKReadsTheNotification(t *testing.T) {
	for _, mode := range []trade.Mode{trade.PublicKey, trade.Certificate} {
		t.Run(string(mode), func(t *testing.T) {
			each(t, mode, func(t *testing.T, b *box) {
				s := newSDK(t, b)
				paid := s.paid(t, b, "order-1")
				got := b.deliver(t)
				if len(got) != 1 {
					t.Fatalf("%d notifications, want 1", len(got))
				}
				envelope, content, err := s.parse(t, b, got[0])
				if err != nil {
					t.Fatal(err)
				}
				if envelope.EventType != "TRANSACTION.SUCCESS" || envelope.ResourceType != "encrypt-resource" ||
					envelope.Resource.OriginalType != "transaction" || envelope.Resource.AssociatedData != "transaction" {
					t.Errorf("envelope %v", envelope)
				}
				if *content.OutTradeNo != "order-1" || *content.TransactionId != paid.ChannelTradeNo || *content.TradeState != "SUCCESS" ||
					*content.Amount.Total != 1234 || *content.Mchid != b.merchant.ID || *content.Appid != b.merchant.AppID {
					t.Errorf("content %v", content)
				}
			})
		})
	}
}

func TestAnAcceptedNotificationIsNotRepeated(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		newSDK(t, b).paid(t, b, "order-1")
		b.deliver(t)
		b.clock.advance(48 * time.Hour)
		if got := b.deliver(t); len(got) != 1 {
			t.Fatalf("%d notifications after an accepted one, want 1", len(got))
		}
	})
}

// TestARefusedNotificationFollowsTheDocumentedSchedule advances the clock from
// retry to retry: nothing comes a millisecond early, and after the last there
// is silence. All of them carry the same id and fresh signatures.
func TestARefusedNotificationFollowsTheDocumentedSchedule(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		paid := newSDK(t, b).paid(t, b, "order-1")
		b.shop.answer(http.StatusInternalServerError)
		b.deliver(t)
		s, m, h := time.Second, time.Minute, time.Hour
		for i, wait := range []time.Duration{
			15 * s, 15 * s, 30 * s, 3 * m, 10 * m, 20 * m, 30 * m, 30 * m, 30 * m, 60 * m, 3 * h, 3 * h, 3 * h, 6 * h, 6 * h,
		} {
			b.clock.advance(wait - time.Millisecond)
			if got := b.deliver(t); len(got) != i+1 {
				t.Fatalf("before retry %d: %d sendings, want %d", i+1, len(got), i+1)
			}
			b.clock.advance(time.Millisecond)
			if got := b.deliver(t); len(got) != i+2 {
				t.Fatalf("at retry %d: %d sendings, want %d", i+1, len(got), i+2)
			}
		}
		b.clock.advance(72 * h)
		got := b.deliver(t)
		if len(got) != 16 {
			t.Fatalf("%d sendings in all, want 16", len(got))
		}
		ids, signatures := map[string]bool{}, map[string]bool{}
		for _, r := range got {
			var e struct{ ID string }
			if err := json.Unmarshal(r.body, &e); err != nil {
				t.Fatal(err)
			}
			ids[e.ID], signatures[r.header.Get("Wechatpay-Signature")] = true, true
		}
		if len(ids) != 1 || len(signatures) != 16 {
			t.Errorf("%d ids and %d signatures, want 1 and 16", len(ids), len(signatures))
		}
		b.wantState(t, paid, trade.Exhausted, 16)
	})
}

// wantState checks the one notification of a trade and its stored sendings.
func (b *box) wantState(t *testing.T, of trade.Trade, state trade.NotificationState, attempts int) trade.Notification {
	t.Helper()
	ctx := context.Background()
	queued, err := b.trades.Notifications(ctx, of.ID, "", 10)
	if err != nil || len(queued) != 1 {
		t.Fatalf("%d notifications (%v), want 1", len(queued), err)
	}
	stored, err := b.trades.AttemptsOf(ctx, queued[0].ID)
	if err != nil || queued[0].State != state || len(stored) != attempts {
		t.Fatalf("state %s with %d sendings (%v), want %s with %d", queued[0].State, len(stored), err, state, attempts)
	}
	return queued[0]
}

func (b *box) plan(t *testing.T, f trade.Fault, count int64) {
	t.Helper()
	if _, err := b.trades.PlanFault(context.Background(), trade.Plan{Channel: app.WeChat, Account: b.merchant.ID, Fault: f, Count: count}); err != nil {
		t.Fatal(err)
	}
}

func TestSpoiltSignaturesFailVerificationAndTheRealOneFollows(t *testing.T) {
	for _, fault := range []trade.Fault{trade.BadSignature, trade.SignTest} {
		t.Run(string(fault), func(t *testing.T) {
			b := one(t, trade.PublicKey)
			s := newSDK(t, b)
			b.plan(t, fault, 1)
			s.paid(t, b, "order-1")
			b.shop.answer(http.StatusUnauthorized) // a merchant that verifies refuses it
			got := b.deliver(t)
			if _, _, err := s.parse(t, b, got[0]); err == nil {
				t.Fatal("the spoilt signature passed verification")
			}
			prefixed := bytes.HasPrefix([]byte(got[0].header.Get("Wechatpay-Signature")), []byte("WECHATPAY/SIGNTEST/"))
			if prefixed != (fault == trade.SignTest) {
				t.Errorf("signature %q", got[0].header.Get("Wechatpay-Signature"))
			}
			b.shop.answer(http.StatusNoContent)
			b.clock.advance(15 * time.Second)
			got = b.deliver(t)
			if len(got) != 2 {
				t.Fatalf("%d sendings, want 2", len(got))
			}
			if _, _, err := s.parse(t, b, got[1]); err != nil {
				t.Fatalf("the resent notification: %v", err)
			}
		})
	}
}

func TestATamperedAmountIsValidlySigned(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	b.plan(t, trade.TamperAmount, 1)
	s.paid(t, b, "order-1")
	_, content, err := s.parse(t, b, b.deliver(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	if *content.Amount.Total != 1235 {
		t.Fatalf("amount %d, want one fen more than 1234", *content.Amount.Total)
	}
	if got := s.query(t, b, "order-1"); *got.Amount.Total != 1234 {
		t.Fatalf("the query says %d: the order itself must stay 1234", *got.Amount.Total)
	}
}

func TestNotificationsAreDroppedDuplicatedDelayed(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		s := newSDK(t, b)
		b.plan(t, trade.DropNotification, 1)
		b.wantState(t, s.paid(t, b, "dropped"), trade.Dropped, 0)
		b.clock.advance(time.Hour)
		if got := b.deliver(t); len(got) != 0 {
			t.Fatalf("%d notifications, want none", len(got))
		}
		b.clock.advance(-time.Hour) // the SDK signs by the real clock

		b.plan(t, trade.DuplicateNotification, 1)
		paid := s.paid(t, b, "duplicated")
		got := b.deliver(t)
		if len(got) != 2 {
			t.Fatalf("%d notifications, want the same one twice", len(got))
		}
		first, _, err1 := s.parse(t, b, got[0])
		second, _, err2 := s.parse(t, b, got[1])
		if err1 != nil || err2 != nil || first.ID != second.ID {
			t.Fatalf("ids %v and %v, errors %v and %v", first, second, err1, err2)
		}
		b.wantState(t, paid, trade.Delivered, 2)

		b.plan(t, trade.DelayNotification, 1)
		s.paid(t, b, "delayed")
		if got := b.deliver(t); len(got) != 2 {
			t.Fatal("the delayed notification came at once")
		}
		b.clock.advance(time.Minute)
		if got := b.deliver(t); len(got) != 3 {
			t.Fatal("the delayed notification never came")
		}
	})
}

func TestReplaySendsADroppedNotification(t *testing.T) {
	b := one(t, trade.PublicKey)
	s := newSDK(t, b)
	b.plan(t, trade.DropNotification, 1)
	paid := s.paid(t, b, "order-1")
	dropped := b.wantState(t, paid, trade.Dropped, 0)
	attempt, err := b.trades.Replay(context.Background(), dropped.ID)
	if err != nil || !attempt.Accepted || !attempt.Replayed || attempt.Status != http.StatusNoContent {
		t.Fatalf("replay: %+v, %v", attempt, err)
	}
	if _, _, err := s.parse(t, b, b.shop.received()[0]); err != nil {
		t.Fatal(err)
	}
	b.wantState(t, paid, trade.Delivered, 1)
}
