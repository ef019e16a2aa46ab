package callback_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
)

type shop struct{ *paymentstest.Shop }

func each(t *testing.T, f func(s *shop)) {
	c := &paymentstest.Clock{}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		inner, _ := paymentstest.Open(t, d, c)
		f(&shop{inner})
		inner.Sound()
	}, dbtest.WithClock(c))
}

// state is everything that a notification nobody has signed must not change: a
// probe leaves a row of its own in the story, and nothing else.
func (s *shop) state() string {
	s.T.Helper()
	var all []string
	for _, query := range []string{
		`SELECT CONCAT(id, ' ', status, ' ', version) FROM payments ORDER BY id`,
		`SELECT CONCAT(id, ' ', status, ' ', next_query_at) FROM attempts ORDER BY id`,
		`SELECT id FROM payment_timeline WHERE message <> 'notification.probe' ORDER BY id`, `SELECT id FROM events ORDER BY id`,
		`SELECT transaction_no FROM channel_receipts ORDER BY transaction_no`, `SELECT id FROM channel_notifications ORDER BY id`,
	} {
		var rows []string
		if err := s.DB.Select(s.Ctx, &rows, query); err != nil {
			s.T.Fatal(err)
		}
		all = append(all, strings.Join(rows, "\n"))
	}
	return strings.Join(all, "\n\n")
}

// refuses delivers a message that must be turned away and change nothing.
func (s *shop) refuses(name string, m paymentstest.Message, want int) {
	s.T.Helper()
	before := s.state()
	status, text := s.Deliver(m)
	if status != want {
		s.T.Errorf("%s: answered %d %s, want %d", name, status, text, want)
	}
	if strings.Contains(m.Path, "/alipay/") && text != "fail" || strings.Contains(m.Path, "/wechat/") && !strings.Contains(text, `"code":"FAIL"`) {
		s.T.Errorf("%s: the answer %q is not in the channel's words", name, text)
	}
	if after := s.state(); after != before {
		s.T.Errorf("%s changed something:\n%s\n\nwas\n%s", name, after, before)
	}
}

func TestNothingThatWeChatHasNotSignedIsBelieved(t *testing.T) {
	each(t, func(s *shop) {
		p := s.Create(paymentstest.Order("CB-W", channel.WeChatNative))
		other := s.Account(app.WeChat)
		set := func(name, value string) func(h http.Header) { return func(h http.Header) { h.Set(name, value) } }
		drop := func(name string) func(h http.Header) { return func(h http.Header) { h.Del(name) } }
		for name, change := range map[string]func(h http.Header){
			"no signature":            drop("Wechatpay-Signature"),
			"an empty signature":      set("Wechatpay-Signature", ""),
			"not base64":              set("Wechatpay-Signature", "%%%"),
			"another's signature":     func(h http.Header) { copySignature(h, s.SignWeChat(other, s.WeChatFacts(p)).Header) },
			"of another body":         func(h http.Header) { copySignature(h, s.SignWeChat(s.WeChat, s.WeChatFacts(p)).Header) },
			"the probe":               func(h http.Header) { h.Set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/"+h.Get("Wechatpay-Signature")) },
			"no serial":               drop("Wechatpay-Serial"),
			"an unknown serial":       set("Wechatpay-Serial", "PUB_KEY_ID_0000000000000000000000000000"),
			"a serial that is a path": set("Wechatpay-Serial", "../../etc/passwd"),
			"no nonce":                drop("Wechatpay-Nonce"),
			"another nonce":           set("Wechatpay-Nonce", "m"),
			"no time":                 drop("Wechatpay-Timestamp"),
			"an old time":             set("Wechatpay-Timestamp", "1600000000"),
			"a time that is none":     set("Wechatpay-Timestamp", "-99999999999999999999"),
			"no header at all":        func(h http.Header) { clear(h) },
			"a long header":           set("Wechatpay-Nonce", strings.Repeat("n", 2000)),
		} {
			m := s.SignWeChat(s.WeChat, s.WeChatFacts(p))
			change(m.Header)
			s.refuses(name, m, http.StatusUnauthorized)
			s.refuses(name+" again", m, http.StatusUnauthorized)
		}
		var probes int
		if err := s.DB.Get(s.Ctx, &probes, `SELECT COUNT(*) FROM payment_timeline WHERE message = 'notification.probe'`); err != nil || probes != 1 {
			s.T.Errorf("the payment's story has %d probes, want the first: %v", probes, err)
		}
		for name, body := range map[string]string{"no body": "", "not JSON": "<xml/>", "null": "null", "a huge body": `{"id":"` + strings.Repeat("x", 1<<20) + `"}`} {
			m := s.SignWeChat(s.WeChat, s.WeChatFacts(p))
			m.Body = []byte(body)
			s.refuses(name, m, http.StatusUnauthorized)
		}
	})
}

// copySignature takes the headers by which one message proves itself.
func copySignature(to, from http.Header) {
	for _, name := range []string{"Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce"} {
		to.Set(name, from.Get(name))
	}
}

func TestNothingThatAlipayHasNotSignedIsBelieved(t *testing.T) {
	each(t, func(s *shop) {
		p := s.Create(paymentstest.Order("CB-A", channel.AlipayQR))
		other := s.Account(app.Alipay)
		for name, change := range map[string]func(f url.Values){
			"no signature":            func(f url.Values) { f.Del("sign") },
			"an empty signature":      func(f url.Values) { f.Set("sign", "") },
			"not base64":              func(f url.Values) { f.Set("sign", "%%%") },
			"another amount":          func(f url.Values) { f.Set("total_amount", "0.01") },
			"a parameter more":        func(f url.Values) { f.Set("refund_fee", "0.01") },
			"a parameter less":        func(f url.Values) { f.Del("subject") },
			"a parameter twice":       func(f url.Values) { f.Add("trade_status", "TRADE_SUCCESS") },
			"a certificate we lack":   func(f url.Values) { f.Set("alipay_cert_sn", strings.Repeat("0", 32)) },
			"another's signature":     func(f url.Values) { s.SignAlipay(other, f) },
			"of another notification": func(f url.Values) { f.Set("notify_id", "x") },
		} {
			facts := s.AlipayFacts(p)
			m := s.SignAlipay(s.Alipay, facts)
			change(facts)
			m.Body = []byte(facts.Encode())
			s.refuses(name, m, http.StatusUnauthorized)
		}
		for name, body := range map[string]string{"no body": "", "JSON": `{"trade_status":"TRADE_SUCCESS"}`, "not a form": "%zz", "a huge body": "a=" + strings.Repeat("x", 1<<20)} {
			m := s.SignAlipay(s.Alipay, s.AlipayFacts(p))
			m.Body = []byte(body)
			s.refuses(name, m, http.StatusUnauthorized)
		}
		// The parameters signed, but in the address instead of the body.
		m := s.SignAlipay(s.Alipay, s.AlipayFacts(p))
		m.Path, m.Body = m.Path+"?"+string(m.Body), nil
		s.refuses("in the address", m, http.StatusUnauthorized)
	})
}

func TestAnAccountThatCannotBeIsNotFound(t *testing.T) {
	each(t, func(s *shop) {
		p := s.Create(paymentstest.Order("CB-N", channel.WeChatNative))
		for _, account := range []string{
			"acct_01ARZ3NDEKTSV4RRFFQ69G5FAV", "acct_x", "%E8%B4%A6%E6%88%B7", "%00", "..%2F" + s.WeChat.ID, s.WeChat.ID + "%20", strings.ToLower(s.WeChat.ID),
			"'%20OR%20'1'='1", strings.Repeat("a", 2000), s.Alipay.ID,
		} {
			m := s.SignWeChat(s.WeChat, s.WeChatFacts(p))
			m.Path = "/callbacks/wechat/" + account
			s.refuses(account, m, http.StatusNotFound)
		}
	})
}

func TestOnlyPostIsANotification(t *testing.T) {
	each(t, func(s *shop) {
		p := s.Create(paymentstest.Order("CB-G", channel.AlipayQR))
		m := s.SignAlipay(s.Alipay, s.AlipayFacts(p))
		before := s.state()
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			req, err := http.NewRequestWithContext(s.Ctx, method, s.Base+m.Path+"?"+string(m.Body), strings.NewReader(string(m.Body)))
			if err != nil {
				t.Fatal(err)
			}
			req.Close = true
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
				s.T.Errorf("%s: %d", method, res.StatusCode)
			}
		}
		if after := s.state(); after != before {
			s.T.Errorf("something changed:\n%s", after)
		}
	})
}

// What relays add around a signed message is not signed and must not matter.
func TestWhatIsSignedIsBelievedWhateverSurroundsIt(t *testing.T) {
	each(t, func(s *shop) {
		w := s.Create(paymentstest.Order("CB-OK-W", channel.WeChatNative))
		m := s.SignWeChat(s.WeChat, s.WeChatFacts(w))
		m.Path += "?utm=1&out_trade_no=other"
		m.Header.Set("Content-Type", "text/plain")
		m.Header.Set("X-Forwarded-For", "nonsense")
		if status, text := s.Deliver(m); status != http.StatusNoContent || text != "" {
			s.T.Errorf("WeChat: %d %q, want 204 and nothing", status, text)
		}
		s.Await(w.ID, payments.StatusSucceeded)

		a := s.Create(paymentstest.Order("CB-OK-A", channel.AlipayQR))
		s.Trap.Arm()
		s.Pay(a.Action.CodeURL)
		body, header := s.Trap.Wait(s.T)
		header.Set("Content-Type", "application/octet-stream")
		status, text := s.Deliver(paymentstest.Message{Path: "/callbacks/alipay/" + s.Alipay.ID + "?sign=x&total_amount=0.01", Header: header, Body: body})
		if status != http.StatusOK || text != "success" {
			s.T.Errorf("Alipay: %d %q, want 200 success", status, text)
		}
		s.Await(a.ID, payments.StatusSucceeded)
	})
}
