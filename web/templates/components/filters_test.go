package components

import "testing"

func TestChipDropsOnlyItsOwnFilter(t *testing.T) {
	f := Filters{
		Path: "/list", Search: "Number", Query: "42",
		Selects: []Select{{Name: "status", Label: "Status", Options: []Option{{}, {Value: "closed", Label: "Closed", Selected: true}}}},
		Ranges:  []Range{{Label: "Amount", From: "min", To: "max", FromText: "1", ToText: "9"}},
	}
	want := []Chip{
		{"", "42", "/list?max=9&min=1&status=closed"},
		{"Status", "Closed", "/list?max=9&min=1&q=42"},
		{"Amount", "1 – 9", "/list?q=42&status=closed"},
	}
	got := f.Chips()
	if len(got) != len(want) {
		t.Fatalf("%d chips: %v", len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("chip %d = %v, want %v", i, got[i], want[i])
		}
	}
}

func TestChoosingAnySetsNoFilter(t *testing.T) {
	f := Filters{Path: "/list", Selects: []Select{{Name: "status", Options: []Option{{Selected: true}, {Value: "closed"}}}}}
	if f.Active() {
		t.Errorf("chips: %v", f.Chips())
	}
}

func TestOpenRangesSayWhichBound(t *testing.T) {
	for want, r := range map[string]Range{"≥ 5": {FromText: "5"}, "≤ 7": {ToText: "7"}} {
		if got := r.text(); got != want {
			t.Errorf("text = %q, want %q", got, want)
		}
	}
}

func TestAmountsOfAFilterAreShownWithTheirUnit(t *testing.T) {
	for bounds, want := range map[[2]string]string{
		{"50000", ""}:                "≥ ¥50,000",
		{"", "12345678.90"}:          "≤ ¥12,345,678.90",
		{"0.01", "0100"}:             "¥0.01 – ¥100",
		{"abc", "1"}:                 "abc – ¥1",
		{"1234567890123456789", "1"}: "1234567890123456789 – ¥1",
	} {
		if got := (Range{FromText: bounds[0], ToText: bounds[1], Unit: "¥"}).text(); got != want {
			t.Errorf("%v is shown as %q, want %q", bounds, got, want)
		}
	}
}

func TestAFilterThatCannotBeReadIsSaid(t *testing.T) {
	if (Filters{Ranges: []Range{{FromText: "1"}}}).Wrong() {
		t.Error("a filter in order is called wrong")
	}
	for _, f := range []Filters{{Ranges: []Range{{Error: "wrong"}}}, {Texts: []Text{{Error: "wrong"}}}} {
		if !f.Wrong() {
			t.Errorf("nothing is said about %+v", f)
		}
	}
}
