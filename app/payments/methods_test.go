package payments_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

// actionTypes is what each method asks of the payer's client.
var actionTypes = map[channel.Method]string{
	channel.WeChatNative: "qr_code", channel.WeChatJSAPI: "jsapi", channel.WeChatMini: "jsapi", channel.WeChatH5: "redirect", channel.WeChatApp: "app",
	channel.AlipayQR: "qr_code", channel.AlipayPage: "redirect", channel.AlipayWAP: "redirect", channel.AlipayApp: "app", channel.AlipayJSAPI: "jsapi",
}

// by is an order by any method.
func (s *shop) by(orderNo string, m channel.Method) payments.CreateInput {
	in := paymentstest.Order(orderNo+"-"+string(m), m)
	in.ReturnURL, in.Payer = "https://shop.example/back", s.Payer(m)
	return in
}

func TestEveryMethodIsPaidByItsAction(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		for m, kind := range actionTypes {
			p := s.Create(s.by("A-1", m))
			if p.Status != payments.StatusPending || p.Action == nil || p.Action.Type != kind {
				s.T.Fatalf("%s: %+v, action %+v, want %s", m, p, p.Action, kind)
			}
			// The same request while it waits, and a look at it, show what is stored.
			if again := s.Create(s.by("A-1", m)); again.AttemptID != p.AttemptID || !reflect.DeepEqual(again.Action, p.Action) {
				s.T.Errorf("%s: repeated, the action is %+v, was %+v", m, again.Action, p.Action)
			}
			if view, err := s.Payments.ViewOf(s.Ctx, s.Get(p.ID)); err != nil || !reflect.DeepEqual(view.Action, p.Action) {
				s.T.Errorf("%s: read, the action is %+v, was %+v (%v)", m, view.Action, p.Action, err)
			}
			s.Pay(s.CodeOf(m, *p.Action))
			got := s.Await(p.ID, payments.StatusSucceeded)
			if got.PaidAttemptID != p.AttemptID || got.ChannelTradeNo == "" || got.Method != m {
				s.T.Errorf("%s: %+v", m, got)
			}
			if types := s.EventTypes(p.ID); !slices.Equal(types, []string{"payment.succeeded"}) {
				s.T.Errorf("%s: events %v", m, types)
			}
		}
	})
}

func TestEveryMethodCanTakeTheNextOnesPlace(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		all := slices.Concat([]channel.Method{channel.WeChatNative}, s.Methods())
		p := s.Create(s.by("A-all", all[0]))
		last := p
		for _, m := range all[1:] {
			if m == channel.WeChatNative || m == channel.WeChatCode || m == channel.AlipayCode {
				continue
			}
			out, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: m, Payer: s.Payer(m)}, nil)
			if err != nil || !out.New || out.View.Method != m || out.View.Action == nil || out.View.Action.Type != actionTypes[m] {
				s.T.Fatalf("to %s: %+v, %v", m, out, err)
			}
			last = out.View
		}
		// A till's code ends it: it is paid at once.
		out, err := s.Payments.SwitchMethod(s.Ctx, s.Scope, p.ID, payments.Way{Method: channel.AlipayCode, Payer: s.Payer(channel.AlipayCode)}, nil)
		if err != nil || !out.New || out.View.Status != payments.StatusSucceeded || out.View.AttemptID == last.AttemptID {
			s.T.Fatalf("by a code: %+v, %v", out, err)
		}
	})
}

func TestAnAccountWithTheMethodsAppTakesThePayment(t *testing.T) {
	each(t, func(s *shop, _ *paymentstest.Wire) {
		mobile := s.Account(app.WeChat)
		for _, a := range s.WeChat.AppIDs {
			if a.Kind == merchants.AppOfficial {
				s.setApps(merchants.AppInput{AppID: a.AppID, Kind: a.Kind})
			}
		}
		if p := s.Create(s.by("MA-1", channel.WeChatApp)); p.AccountID != mobile.ID || p.Action == nil {
			s.T.Errorf("%+v", p)
		}
		if p := s.Create(paymentstest.Order("MA-2", channel.WeChatNative)); p.AccountID != s.WeChat.ID {
			s.T.Errorf("any app would do: %+v", p)
		}
	})
}
