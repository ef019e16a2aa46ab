package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestThePaymentsStoryKeepsTheRequestWithoutThePayer(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		openid := "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
		body := `{ "order_no": "ASKED-1", "amount": 1234, "currency": "CNY", "subject": "a <b> & 茶", "method": "wechat_native",
 "payer": {"openid": "` + openid + `", "client_ip": "203.0.113.77"}, "metadata": {"till": "7"} }`
		made := s.call(t, "POST", "/payments", body, "Idempotency-Key", "asked-1")
		if made.status != http.StatusCreated {
			t.Fatalf("%d %s", made.status, made.text)
		}
		rows, err := s.Payments.Timeline(s.Ctx, s.Scope, made.str("id"))
		if err != nil {
			t.Fatal(err)
		}
		want := `{"order_no":"ASKED-1","amount":1234,"currency":"CNY","subject":"a <b> & 茶","method":"wechat_native",` +
			`"payer":{"openid":"oUpF****eS6o","client_ip":"203.****3.77"},"metadata":{"till":"7"}}`
		if got := rows[0].Request; rows[0].Message != "api.create" || got != want {
			t.Errorf("%s keeps %s", rows[0].Message, got)
		}
		for _, r := range rows {
			if strings.Contains(r.Request+r.Response+r.Args, openid) {
				t.Errorf("%s shows the payer", r.Message)
			}
		}
		var pairs []string
		for i := range 20 {
			pairs = append(pairs, fmt.Sprintf(`"k%d":"%s"`, i, strings.Repeat(`\"`, 500)))
		}
		long := `{"order_no":"ASKED-2","amount":1,"currency":"CNY","subject":"x","method":"wechat_native","metadata":{` + strings.Join(pairs, ",") + `}}`
		made = s.call(t, "POST", "/payments", long)
		if made.status != http.StatusCreated {
			t.Fatalf("%d %s", made.status, made.text)
		}
		if rows, err = s.Payments.Timeline(s.Ctx, s.Scope, made.str("id")); err != nil || rows[0].Request != "" {
			t.Errorf("of a request too long to keep %d bytes are kept, %v", len(rows[0].Request), err)
		}
	})
}
