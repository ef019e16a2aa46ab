package components

import "testing"

func TestASentenceKeepsItsDatesAndNumbersInOnePiece(t *testing.T) {
	for sentence, want := range map[string]string{
		"expired on 2026-11-22.":                 `expired on <span class="num">2026-11-22</span>.`,
		"自 2026-11-23 09:06 起":                   `自 <span class="num">2026-11-23</span> 09:06 起`,
		"order JX20261123-084213, ¥1,234.50 <b>": `order <span class="num">JX20261123-084213</span>, ¥1,234.50 &lt;b&gt;`,
		"36 items, -¥9,259.16":                   `36 items, <span class="num">-¥9,259.16</span>`,
		"2 requests wait":                        "2 requests wait",
		"well-known":                             "well-known",
	} {
		if got := said(sentence); got != want {
			t.Errorf("said(%q) = %s, want %s", sentence, got, want)
		}
	}
}

func TestALongAddressBreaksBehindItsSlashesAndItsAt(t *testing.T) {
	for address, want := range map[string]string{
		"https://pay.example.com/callbacks/wechat?a=<1>": `https://pay.example.com/<wbr>callbacks/<wbr>wechat?<wbr>a=&lt;1&gt;`,
		"finance@accounting.jinxiang.example":            `finance@<wbr>accounting.jinxiang.example`,
		"owner@example.com":                              "owner@example.com",
		"acct_01KASJ3V6T8C0QW2N4R5X7YZAE":                "acct_01KASJ3V6T8C0QW2N4R5X7YZAE",
	} {
		if got := broken(address); got != want {
			t.Errorf("broken(%q) = %s, want %s", address, got, want)
		}
	}
}
