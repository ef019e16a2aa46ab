package payments

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// violations collects every wrong field of an input.
type violations []app.FieldError

func (v *violations) add(field, code, format string, args ...any) {
	*v = append(*v, app.FieldError{Field: field, Code: code, Message: fmt.Sprintf(format, args...)})
}

func (v violations) err() error {
	if len(v) == 0 {
		return nil
	}
	e := app.InvalidField(v[0].Field, v[0].Code, "%s", v[0].Message)
	e.Fields = v
	return e
}

// orderNo checks a merchant's own number.
func (v *violations) orderNo(field, s string) {
	switch {
	case s == "":
		v.add(field, "required", "%s is required", field)
	case len(s) > maxOrderNo:
		v.add(field, "too_long", "%s has %d characters, at most %d are allowed", field, len(s), maxOrderNo)
	case strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") != "":
		v.add(field, "bad_characters", "%s may only hold letters, digits, _ and -", field)
	}
}

func (v *violations) text(field, s string, limit int) {
	switch {
	case strings.TrimSpace(s) == "":
		v.add(field, "required", "%s is required", field)
	case !utf8.ValidString(s) || hasControl(s):
		v.add(field, "bad_characters", "%s must be plain text without control characters", field)
	case utf8.RuneCountInString(s) > limit:
		v.add(field, "too_long", "%s has %d characters, at most %d are allowed", field, utf8.RuneCountInString(s), limit)
	}
}

func (v *violations) returnURL(s string) {
	if s == "" {
		return
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(s) > maxReturnURL {
		v.add("return_url", "bad_url", "return_url must be an http or https URL of at most %d characters", maxReturnURL)
	}
}

func (v *violations) method(methods []channel.Method, m channel.Method) {
	if !slices.Contains(methods, m) {
		v.add("method", "unsupported", "method must be one of %s", join(methods))
	}
}

// way checks how an order is to be paid, but not its method's name.
func (v *violations) way(w Way) {
	v.name("account_id", w.AccountID)
	v.name("app_id", w.AppID)
	v.returnURL(w.ReturnURL)
	v.payer(w.Payer)
	v.payerFor(w.Method, w.Payer)
	v.options(w.Options)
}

func (v *violations) payer(p channel.Payer) {
	if p.ClientIP != "" {
		if _, err := netip.ParseAddr(p.ClientIP); err != nil {
			v.add("payer.client_ip", "bad_address", "payer.client_ip must be an IPv4 or IPv6 address")
		}
	}
	v.payerField("payer.openid", p.OpenID)
	v.payerField("payer.buyer_id", p.BuyerID)
	v.payerField("payer.buyer_open_id", p.BuyerOpenID)
	v.payerField("payer.auth_code", p.AuthCode)
}

func (v *violations) payerField(field, s string) {
	if len(s) > 128 || hasControl(s) || !utf8.ValidString(s) {
		v.add(field, "bad_value", "%s must be at most 128 plain characters", field)
	}
}

// name checks what is looked up by: an id that nothing can have is not asked
// about.
func (v *violations) name(field, s string) {
	if s != "" && !app.PlainASCII(s, 64) {
		v.add(field, "bad_characters", "%s must be at most 64 visible ASCII characters", field)
	}
}

// maxOption is the longest of the channels' own limits for an option.
const maxOption = 32

// options checks what is passed through to the channel.
func (v *violations) options(o map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if len(o[name]) > maxOption || hasControl(o[name]) || !utf8.ValidString(o[name]) {
			v.add("channel_options."+name, "bad_value", "channel_options.%s must be at most %d plain bytes", name, maxOption)
		}
	}
}

func (v *violations) metadata(m map[string]string) {
	if len(m) > maxMetadataKeys {
		v.add("metadata", "too_many", "metadata has %d keys, at most %d are allowed", len(m), maxMetadataKeys)
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		if key == "" || len(key) > maxMetadataKey || !utf8.ValidString(key) {
			v.add("metadata", "bad_key", "metadata keys must have 1 to %d bytes", maxMetadataKey)
		}
		if len(value) > maxMetadataValue || !utf8.ValidString(value) {
			v.add("metadata."+key, "too_long", "metadata values must have at most %d bytes", maxMetadataValue)
		}
	}
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func join(methods []channel.Method) string {
	words := make([]string, len(methods))
	for i, m := range methods {
		words[i] = string(m)
	}
	return strings.Join(words, ", ")
}
