package pages

import (
	"reflect"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// TestEveryTextStandsInBothLanguages also compares their placeholders.
func TestEveryTextStandsInBothLanguages(t *testing.T) {
	zh, en := chinese(), english()
	z, e := reflect.ValueOf(zh), reflect.ValueOf(en)
	for i := range z.NumField() {
		name := z.Type().Field(i).Name
		if z.Field(i).Kind() != reflect.String {
			continue
		}
		a, b := z.Field(i).String(), e.Field(i).String()
		if a == "" || b == "" || strings.Count(a, "%d") != strings.Count(b, "%d") {
			t.Errorf("%s: %q, %q", name, a, b)
		}
	}
	for _, fault := range trade.Faults() {
		if zh.FaultNames[string(fault)] == "" || en.FaultNames[string(fault)] == "" {
			t.Errorf("%s has no name", fault)
		}
	}
	if len(zh.FaultNames) != len(en.FaultNames) {
		t.Error("the languages name different faults")
	}
}

func TestStatesHaveWordsAndShapes(t *testing.T) {
	w := english()
	for _, state := range []trade.State{trade.Unpaid, trade.Paid, trade.Closed, trade.Refunded, trade.Finished} {
		for _, expired := range []bool{false, true} {
			if b := w.tradeBadge(trade.Trade{State: state}, expired); b.Word == "" || b.Class == "" {
				t.Errorf("%s: %+v", state, b)
			}
		}
	}
	if b := w.tradeBadge(trade.Trade{State: trade.Unpaid}, true); b.Word != w.StateExpired {
		t.Errorf("an expired trade says %q", b.Word)
	}
}
