package shop

import (
	"reflect"
	"testing"
)

func TestEveryTextStandsInBothLanguages(t *testing.T) {
	z, e := reflect.ValueOf(chinese()), reflect.ValueOf(english())
	for i := range z.NumField() {
		name := z.Type().Field(i).Name
		switch a := z.Field(i).Interface().(type) {
		case string:
			if a == "" || e.Field(i).String() == "" {
				t.Errorf("%s: %q, %q", name, a, e.Field(i).String())
			}
		case map[string]string:
			b := e.Field(i).Interface().(map[string]string)
			for key := range a {
				if a[key] == "" || b[key] == "" || len(a) != len(b) {
					t.Errorf("%s: %q is %q and %q", name, key, a[key], b[key])
				}
			}
		}
	}
}

func TestEveryMethodIsExplained(t *testing.T) {
	if len(methods()) != 12 {
		t.Errorf("the shop sells by %d methods", len(methods()))
	}
	for _, w := range []words{chinese(), english()} {
		for _, m := range methods() {
			if about := w.Methods[m.Name]; about.Name == "" || about.When == "" || about.How == "" {
				t.Errorf("%s in %s: %+v", m.Name, w.Lang, about)
			}
		}
		if len(w.Methods) != len(methods()) {
			t.Errorf("%s explains %d methods", w.Lang, len(w.Methods))
		}
	}
}

func TestEveryStatusHasItsMeaning(t *testing.T) {
	w := english()
	for status := range w.Statuses {
		if title, text := w.meaning(status); title == "" || text == "" {
			t.Errorf("%s means %q: %q", status, title, text)
		}
	}
	// What nobody knows yet is no failure.
	if title, _ := w.meaning("created"); title != w.UnknownTitle {
		t.Errorf("a created payment is called %q", title)
	}
}

// A spoilt signature differs from the right one and nothing else does.
func TestOnlyTheSignatureIsSpoilt(t *testing.T) {
	const signature = "0123456789012345678901234567890123456789012345678901234567890"
	v := paymentView{Params: []param{{"appId", "wx1"}, {"paySign", signature}}}
	bad := v.spoilt()
	if len(bad) != 2 || bad[0] != v.Params[0] || bad[1].Value == signature || len(bad[1].Value) != len(signature) || v.Params[1].Value != signature {
		t.Errorf("spoilt is %+v of %+v", bad, v.Params)
	}
	if (paymentView{Params: []param{{"tradeNO", "2026"}}}).spoilt() != nil {
		t.Error("something unsigned was spoilt")
	}
}
