package channel_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

func TestMaskJSON(t *testing.T) {
	m := channel.NewMasker("openid", "payer_phone")
	for in, want := range map[string]string{
		`{"z":1,"a":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}`: `{"z":1,"a":{"openid":"oUpF****eS6o"}}`,
		`{"openid":"short"}`:                                     `{"openid":"****"}`,
		`{"openid":""}`:                                          `{"openid":""}`,
		`{"openid":12345678901234567890}`:                        `{"openid":"****"}`,
		`{"openid":null,"x":null}`:                               `{"openid":null,"x":null}`,
		`{"payer_phone":["13800138000",{"deep":"13800138000"}]}`: `{"payer_phone":["****",{"deep":"****"}]}`,
		`{"n":1.50,"big":12345678901234567890,"t":true,"l":[]}`:  `{"n":1.50,"big":12345678901234567890,"t":true,"l":[]}`,
		`[{"s":"<&>"},[],{}," "]`:                                `[{"s":"<&>"},[],{}," "]`,
		` "text" `:                                               `"text"`,
		`{"a":1,"a":2}`:                                          `{"a":1,"a":2}`,
	} {
		got, err := m.JSON([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s became %s (%v), want %s", in, got, err, want)
		}
	}
	for _, in := range []string{``, `{`, `{"a":1}x`, `<html>`, `a=b`, strings.Repeat("[", 1<<20)} {
		if got, err := m.JSON([]byte(in)); err == nil {
			t.Errorf("%.20q became %.20q", in, got)
		}
	}
}

func FuzzMaskJSON(f *testing.F) {
	m := channel.NewMasker("openid")
	f.Add([]byte(`{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","x":[1,null,true,"é\ud800"]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := m.JSON(in)
		if (err == nil) != json.Valid(in) {
			t.Fatalf("%q: %v", in, err)
		}
		if err == nil && !json.Valid(got) {
			t.Fatalf("%q became %q", in, got)
		}
	})
}
