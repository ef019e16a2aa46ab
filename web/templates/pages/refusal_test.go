package pages

import (
	"strings"
	"testing"

	"github.com/piaohao/piaohao/web/i18n"
)

// What a channel refused and what an upload could not do is said in the reader's
// language, with what to do next; of what nobody described, its own words stay.
func TestRefusalsAndFailedRowsSayWhatToDo(t *testing.T) {
	zh, en := wordsIn(t, i18n.ZH), wordsIn(t, i18n.EN)
	for code, want := range map[string]string{
		"NOTENOUGH":                    "余额不足",
		"ACQ.BUYER_BALANCE_NOT_ENOUGH": "余额不足",
		"ORDERPAID":                    "查单",
		"SOMETHING_NEW":                "渠道",
	} {
		if got := refusalMeaning(zh, code); !strings.Contains(got, want) {
			t.Errorf("%s: %q does not say %q", code, got, want)
		}
	}
	if known, unknown := refusalMeaning(en, "AUTH_CODE_EXPIRED"), refusalMeaning(en, "SOMETHING_NEW"); known == unknown || !strings.Contains(known, "scan again") {
		t.Errorf("an expired code: %q; an unknown one: %q", known, unknown)
	}
	row := ExceptionChange{Detail: "period_locked"}
	if zh, en := row.why(zh), row.why(en); zh == en || zh == row.Detail || en == row.Detail {
		t.Errorf("a closed month: %q and %q", zh, en)
	}
	if words := (ExceptionChange{Detail: "the words of an older upload"}); words.why(zh) != words.Detail {
		t.Errorf("%q", words.why(zh))
	}
}
