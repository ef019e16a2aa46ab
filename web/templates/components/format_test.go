package components

import (
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
)

func TestTimesAreShownInBeijing(t *testing.T) {
	at := app.ToMillis(time.Date(2026, 12, 31, 16, 0, 0, 5_000_000, time.UTC))
	if got := DateTime(at); got != "2027-01-01 00:00:00" {
		t.Errorf("DateTime = %q", got)
	}
	if got := Day(at); got != "2027-01-01" {
		t.Errorf("Day = %q", got)
	}
	if got := Minute(0); got != "—" {
		t.Errorf("Minute(0) = %q", got)
	}
}

func TestMiddleKeepsWhatPeopleCompare(t *testing.T) {
	for in, want := range map[string]string{
		"pay_01KASJ3V6T8C0QW2N4R5X7YZAB": "pay_01KASJ…X7YZAB",
		"JX20261123-000001":              "JX20261123-000001", // shortening would not save a place
		"":                               "",
		"商户订单号商户订单号商户订单号商户": "商户订单号商户订单号商户订单号商户",
	} {
		if got := Middle(in); got != want {
			t.Errorf("Middle(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNumbersTooLongForAColumnKeepTheirEnd(t *testing.T) {
	for no, want := range map[string]string{
		"JX20261123-084213":                     "JX20261123-084213",
		"01KASJ3V6T8C0QW2N4R5X7YZAB":            "01KASJ3V6T8C0QW2N4R5X7YZAB",
		"ERP-SHANXI-PINGYAO-20261123-000084213": "ERP-SHANXI-P…-000084213",
		"山西晋祥茶业股份有限公司平遥古城南大街旗舰店订单八四二一三": "山西晋祥茶业股份有限公司…旗舰店订单八四二一三",
	} {
		if got := Number(no); got != want {
			t.Errorf("Number(%q) = %q, want %q", no, got, want)
		}
	}
}

func TestCountsAndRates(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q", n, got)
		}
	}
	for n, want := range map[int64]string{0: "0.00%", 5: "0.05%", 9876: "98.76%", 10000: "100.00%"} {
		if got := Rate(n); got != want {
			t.Errorf("Rate(%d) = %q", n, got)
		}
	}
}

func TestLongDurationsAreInSeconds(t *testing.T) {
	if got := Duration(9999 * time.Millisecond); got != "9999 ms" {
		t.Errorf("Duration = %q", got)
	}
	if got := Duration(15002 * time.Millisecond); got != "15.0 s" {
		t.Errorf("Duration = %q", got)
	}
}
