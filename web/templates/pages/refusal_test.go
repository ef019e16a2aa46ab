package pages

import (
	"context"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/web/i18n"
)

// everyCode are those that the channels' documents name for orders, refunds and
// queries.
var everyCode = strings.Fields(`PARAM_ERROR INVALID_REQUEST ORDER_CLOSED SIGN_ERROR ORDER_NOT_EXIST RESOURCE_NOT_EXISTS RATELIMIT_EXCEEDED
 FREQUENCY_LIMITED SYSTEM_ERROR BANK_ERROR NO_AUTH RULE_LIMIT OUT_TRADE_NO_USED TRADE_ERROR ORDERPAID USERPAYING
 20000 20001 40001 40002 40005 40006 aop.unknow-error isv.invalid-signature isv.invalid-app-id
 ACQ.TRADE_NOT_EXIST ACQ.TRADE_HAS_SUCCESS ACQ.TRADE_HAS_CLOSE ACQ.TRADE_STATUS_ERROR ACQ.REASON_TRADE_STATUS_INVALID
 ACQ.REFUND_AMT_NOT_EQUAL_TOTAL ACQ.REASON_TRADE_REFUND_FEE_ERR ACQ.TRADE_HAS_FINISHED ACQ.DISCORDANT_REPEAT_REQUEST
 ACQ.SELLER_BALANCE_NOT_ENOUGH`)

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
	for _, code := range everyCode {
		for _, explain := range []func(context.Context, string) string{refusalMeaning, func(ctx context.Context, code string) string { return Refund{ErrorCode: code}.explanation(ctx) }} {
			if inZh, inEn := explain(zh, code), explain(en, code); inZh == explain(zh, "SOMETHING_NEW") || inEn == explain(en, "SOMETHING_NEW") {
				t.Errorf("nobody explains %s: %q, %q", code, inZh, inEn)
			}
		}
	}
	row := ExceptionChange{Detail: "period_locked"}
	if zh, en := row.why(zh), row.why(en); zh == en || zh == row.Detail || en == row.Detail {
		t.Errorf("a closed month: %q and %q", zh, en)
	}
	if words := (ExceptionChange{Detail: "the words of an older upload"}); words.why(zh) != words.Detail {
		t.Errorf("%q", words.why(zh))
	}
}
