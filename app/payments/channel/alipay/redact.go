package alipay

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// personal names the fields that identify a payer, those that would let a reader
// take money (a payment code, a merchant's authorisation) or fetch a bill, and the
// signatures, which are of no use to a reader.
var personal = channel.NewMasker("buyer_id", "buyer_user_id", "buyer_open_id", "buyer_logon_id", "buyer_user_name",
	"op_buyer_open_id", "seller_email", "auth_code", "app_auth_token", "sign", "bill_download_url")

// redact renders a body for the timeline: JSON answers, and form requests as
// one "name=value" a line.
func redact(body []byte) string {
	if masked, err := personal.JSON(body); err == nil {
		return string(masked)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || !form.Has("app_id") {
		return string(body) // such as a proxy's error page
	}
	lines := make([]string, 0, len(form))
	for name := range form {
		lines = append(lines, name+"="+field(name, form.Get(name)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func field(name, value string) string {
	if strings.HasPrefix(value, "{") {
		if masked, err := personal.JSON([]byte(value)); err == nil {
			return string(masked)
		}
	}
	return personal.Value(name, value)
}

// masked renders a notification's parameters as a JSON object.
func masked(form url.Values) (json.RawMessage, error) {
	plain := make(map[string]string, len(form))
	for name := range form {
		if name != "sign" {
			plain[name] = personal.Value(name, form.Get(name))
		}
	}
	return json.Marshal(plain)
}
