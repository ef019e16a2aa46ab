package alipay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

const cancelled = `{"code":"10000","msg":"Success","out_trade_no":"` + number + `","trade_no":"1","retry_flag":"N","action":"close"}`

// TestReverse: a trade is undone once Alipay says what it did, or the trade
// itself is over.
func TestReverse(t *testing.T) {
	nothing := strings.Replace(cancelled, `,"action":"close"`, "", 1)
	again := strings.Replace(cancelled, `"retry_flag":"N"`, `"retry_flag":"Y"`, 1)
	refusal := func(sub string) string { return `{"code":"40004","sub_code":"` + sub + `","retry_flag":"N"}` }
	closed := `{"code":"10000","out_trade_no":"` + number + `","trade_no":"1","trade_status":"TRADE_CLOSED","total_amount":"0.01"}`
	waiting := strings.Replace(closed, "TRADE_CLOSED", "WAIT_BUYER_PAY", 1)
	for name, k := range map[string]struct {
		script []string
		want   channel.Kind
		calls  string
	}{
		"closed":               {[]string{"cancel", cancelled}, "", "cancel"},
		"refunded":             {[]string{"cancel", strings.Replace(cancelled, "close", "refund", 1)}, "", "cancel"},
		"on the second try":    {[]string{"cancel", again, "cancel", cancelled}, "", "cancel cancel"},
		"without a flag then":  {[]string{"cancel", again, "cancel", strings.Replace(cancelled, `"retry_flag":"N",`, "", 1)}, "", "cancel cancel"},
		"failing, then":        {[]string{"cancel", `{"code":"40004","sub_code":"ACQ.SYSTEM_ERROR","retry_flag":"Y"}`, "cancel", cancelled}, "", "cancel cancel"},
		"never finished":       {[]string{"cancel", again}, channel.KindUnknown, "cancel cancel cancel"},
		"refused, ask again":   {[]string{"cancel", `{"code":"40004","sub_code":"ACQ.OTHER","retry_flag":"Y"}`}, channel.KindUnknown, "cancel cancel cancel"},
		"no such trade":        {[]string{"cancel", nothing, "query", notExist}, channel.KindNotExist, "cancel query"},
		"no such trade, said":  {[]string{"cancel", refusal("ACQ.TRADE_NOT_EXIST")}, channel.KindNotExist, "cancel"},
		"closed before":        {[]string{"cancel", nothing, "query", closed}, "", "cancel query"},
		"refunded before":      {[]string{"cancel", nothing, "query", strings.Replace(paidNode, "TRADE_SUCCESS", "TRADE_CLOSED", 1)}, "", "cancel query"},
		"closed before, said":  {[]string{"cancel", refusal("ACQ.TRADE_HAS_CLOSE")}, "", "cancel"},
		"not undone: unpaid":   {[]string{"cancel", nothing, "query", waiting}, channel.KindUnknown, "cancel query"},
		"not undone: paid":     {[]string{"cancel", nothing, "query", paidNode}, channel.KindUnknown, "cancel query"},
		"not told":             {[]string{"cancel", nothing, "query", `{"code":"40005"}`}, channel.KindUnknown, "cancel query"},
		"another trade":        {[]string{"cancel", strings.Replace(cancelled, number, "other", 1)}, channel.KindUnknown, "cancel"},
		"another action":       {[]string{"cancel", strings.Replace(cancelled, "close", "freeze", 1), "query", waiting}, channel.KindUnknown, "cancel query"},
		"merchant without fen": {[]string{"cancel", refusal("ACQ.SELLER_BALANCE_NOT_ENOUGH")}, channel.KindRefused, "cancel"},
		"finished":             {[]string{"cancel", refusal("ACQ.TRADE_HAS_FINISHED")}, channel.KindPaid, "cancel"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := script(t, k.script...)
			wantKind(t, c.Reverse(t.Context(), number), k.want)
			if got := strings.Join(s.methods(), " "); got != k.calls {
				t.Errorf("called %s, want %s", got, k.calls)
			}
			if content := biz(t, s.sent[0]); len(content) != 1 || content["out_trade_no"] != number {
				t.Errorf("content %v", content)
			}
		})
	}
}

// TestReverseIsCutShort: the caller's time is up before the next try.
func TestReverseIsCutShort(t *testing.T) {
	c, s := script(t, "cancel", strings.Replace(cancelled, `"retry_flag":"N"`, `"retry_flag":"Y"`, 1))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	wantKind(t, c.Reverse(ctx, number), channel.KindUnknown)
	if len(s.sent) != 1 {
		t.Errorf("called %v", s.methods())
	}
}
