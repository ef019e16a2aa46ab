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
	for i := range z.NumField() {
		a, ok := z.Field(i).Interface().(map[string]string)
		if !ok {
			continue
		}
		b := e.Field(i).Interface().(map[string]string)
		for key := range a {
			if a[key] == "" || b[key] == "" || len(a) != len(b) {
				t.Errorf("%s: %q is %q and %q", z.Type().Field(i).Name, key, a[key], b[key])
			}
		}
	}
}

func TestEveryFaultIsOnThePageAndExplained(t *testing.T) {
	seen := map[trade.Fault]int{}
	for _, g := range faultGroups() {
		if english().FaultGroups[g.Name] == "" {
			t.Errorf("the group %s has no title", g.Name)
		}
		for _, fault := range g.Faults {
			seen[fault]++
		}
	}
	for _, fault := range trade.Faults() {
		if w := english(); seen[fault] != 1 || w.FaultNames[string(fault)] == "" || w.FaultTexts[string(fault)] == "" {
			t.Errorf("%s stands on the page %d times, as %q: %q", fault, seen[fault], w.FaultNames[string(fault)], w.FaultTexts[string(fault)])
		}
	}
	if len(seen) != len(trade.Faults()) {
		t.Errorf("the page offers %d faults of %d", len(seen), len(trade.Faults()))
	}
}

func TestEveryBillFaultIsOnThePageAndExplained(t *testing.T) {
	seen := map[trade.BillFault]int{}
	for _, g := range billFaultGroups() {
		if english().BillFaultGroups[g.Name] == "" {
			t.Errorf("the group %s has no title", g.Name)
		}
		for _, fault := range g.Faults {
			seen[fault]++
		}
	}
	for _, fault := range trade.BillFaults() {
		if w := english(); seen[fault] != 1 || w.BillFaultNames[string(fault)] == "" || w.BillFaultTexts[string(fault)] == "" {
			t.Errorf("%s stands on the page %d times, as %q: %q", fault, seen[fault], w.BillFaultNames[string(fault)], w.BillFaultTexts[string(fault)])
		}
	}
	if len(seen) != len(trade.BillFaults()) {
		t.Errorf("the page offers %d faults of %d", len(seen), len(trade.BillFaults()))
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
	for _, state := range []trade.State{trade.Paid, trade.Refunded} {
		if b := w.tradeBadge(trade.Trade{State: state, Amount: 2, Refunded: 1}, false); b.Word != w.StatePartly {
			t.Errorf("a trade that is %s and half refunded says %q", state, b.Word)
		}
	}
	if b := w.tradeBadge(trade.Trade{State: trade.Unpaid}, true); b.Word != w.StateExpired {
		t.Errorf("an expired trade says %q", b.Word)
	}
}
