package observe

import (
	"strings"
	"testing"
)

// canaries hold one secret each, as they turn up in texts from elsewhere. What
// must not survive is between ‹ and ›.
var canaries = map[string]string{
	"api key":              "key sk_live_‹01JABCDEFGHJKMNPQRSTVWXYZ0123456789› refused",
	"api key in a header":  "Authorization: Bearer sk_test_‹0123456789abcdefghijklmnopqrst›",
	"foreign bearer":       "authorization: bearer ‹eyJhbGciOi.J9eyJzdWI›",
	"basic":                "Authorization: Basic ‹dXNlcjpodW50ZXIy›",
	"webhook secret":       "signed with whsec_‹MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw+/=›",
	"webhook private key":  "signed with whsk_‹TmlnaHRseSBidWlsZHMgYXJlIGZ1bg==›",
	"PEM":                  "got -----BEGIN PRIVATE KEY-----\n‹MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC›\n-----END PRIVATE KEY----- here",
	"PEM cut off":          "got -----BEGIN RSA PRIVATE KEY-----\n‹MIIEvQIBADANBgkqhkiG9w›",
	"PEM in JSON":          `{"x":"-----BEGIN PRIVATE KEY-----\n‹hkiG9w0BAQEFAASC›\n-----END PRIVATE KEY-----\n"}`,
	"bare base64 key":      "key ‹MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvuNMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ›",
	"wechat authorization": `WECHATPAY2-SHA256-RSA2048 mchid="1900000001",signature="‹uOVRnA4qG+MNnYzdQxJanN›",serial_no="408B07"`,
	"api v3 key":           `{"api_v3_key":"‹0123456789abcdef0123456789abcdef›"}`,
	"escaped JSON":         `request was "{\"app_secret\":\"‹c2a1b0canary›\"}"`,
	"password in a form":   "body email=a&password=‹correct-horse›&next=/",
	"dsn":                  "dial piaohao:‹hunter2canary›@tcp(127.0.0.1:3306)/piaohao",
	"url":                  "get https://user:‹hunter2canary›@example.com/x",
	"session cookie":       "Cookie: ‹__Host-session=abcdef0123456789›",
	"openid alone":         "payer ‹oUpF8uMuAJO_M2pxb1Q9zNjWeS6o› unknown",
	"openid named":         `{"openid":"‹oUpF8uMuAJO_M2pxb1Q9zNjWeS6o›"}`,
	"buyer id":             "buyer_id=‹2088102146225135›&x=1",
	"alipay user":          "user 2088‹10214622›5135 paid",
	"phone":                "call 138‹1234›5678 back",
	"phone with country":   "call +86 138‹1234›5678",
	"phone with blanks":    "call 138 ‹1234› 5678",
	"phone in Chinese":     "电话13812‹345›678，请回电",
}

func TestCanariesDoNotSurviveTheMask(t *testing.T) {
	for name, marked := range canaries {
		before, rest, _ := strings.Cut(marked, "‹")
		canary, after, _ := strings.Cut(rest, "›")
		masked := Mask(before + canary + after)
		if strings.Contains(masked, canary) {
			t.Errorf("%s: %q survives in %q", name, canary, masked)
		}
		if masked[:3] != (before + canary)[:3] {
			t.Errorf("%s: %q hides more than the secret", name, masked)
		}
	}
}

func TestTheMaskLeavesTheRestAlone(t *testing.T) {
	for _, text := range []string{
		"", "short", "payment pay_01JD3MZ5V8XK2N4Q6R8T0V2W4Y succeeded",
		"attempt att_01JD3MZ5V8XK2N4Q6R8T0V2W4Y at 2026-11-23T11:30:33.123+08:00",
		"order_no 20261123-000017, amount 1234567 fen",
		"order_not_found_at_channel_x", "POST /v3/pay/transactions/native 200 in 12ms",
		"transaction 4200001234202611231234567890", "millis 1795433433123",
		"webhook evt_01JD3MZ5V8XK2N4Q6R8T0V2W4Y to https://example.com/hooks",
		"the outcome of the commit is unknown", "mchid 1900000001 serial 5157F09EFDC096DE15EBE81A47057A72",
		"sk_test_ab12", "渠道返回：订单不存在",
	} {
		if got := Mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestMaskJSONKeepsNumbersAndShape(t *testing.T) {
	in := `{"amount":900719925474099312,"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},"list":[{"password":"x"}],"phones":["13812345678"],"ok":true}`
	want := `{"amount":900719925474099312,"list":[{"password":"[masked]"}],"ok":true,"payer":{"openid":"oUp****6o"},"phones":["138****5678"]}`
	if got := string(MaskJSON([]byte(in))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(MaskJSON([]byte(`{"password":"cut o`))); strings.Contains(got, "cut") {
		t.Errorf("broken JSON keeps its secret: %s", got)
	}
}

func FuzzMask(f *testing.F) {
	for _, c := range canaries {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const canary = "sk_live_WXYZfuzzcanaryfuzzcanaryfuzz"
		if strings.Contains(Mask(text+" "+canary), canary[12:]) {
			t.Errorf("a key survives after %q", text)
		}
	})
}

func BenchmarkMaskNothing(b *testing.B) {
	for b.Loop() {
		Mask("payment pay_01JD3MZ5V8XK2N4Q6R8T0V2W4Y moved from created to pending")
	}
}
