package components

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
)

func english(t *testing.T) context.Context {
	t.Helper()
	b, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return i18n.With(t.Context(), b.Localizer(i18n.EN))
}

func TestUnknownMessageStillTellsItsKind(t *testing.T) {
	e := Entry{Kind: "channel_call", Message: "channel.sing"}
	if got := e.sentence(english(t)); got != "Channel call: channel.sing" {
		t.Errorf("sentence = %q", got)
	}
}

func TestOurWordsInArgumentsAreTranslated(t *testing.T) {
	e := Entry{Kind: "state", Message: "state.pending", Args: map[string]string{"from": "created", "to": "pending"}}
	if got := e.sentence(english(t)); !strings.HasPrefix(got, "Created → Awaiting payment") {
		t.Errorf("sentence = %q", got)
	}
}

func TestUnknownCheckIsNeverSilent(t *testing.T) {
	c := Check{Code: "wechat.new_rule", Status: "failed"}
	if got := c.Title(english(t)); got != "Failed: wechat.new_rule" {
		t.Errorf("title = %q", got)
	}
}

func TestCheckNamesItsFileAndDay(t *testing.T) {
	c := Check{Code: "alipay.certificate_expired", Field: "app_cert", Status: "failed", Args: map[string]string{"expires_at": "2026-11-30T16:30:00Z"}}
	if got := c.Title(english(t)); got != "App certificate expired on 2026-12-01" {
		t.Errorf("title = %q", got)
	}
}

func TestTimelineStartsADayAtMidnightInBeijing(t *testing.T) {
	at := app.ToMillis(time.Date(2026, 11, 23, 15, 59, 59, 0, time.UTC))
	groups := days([]Entry{{At: at}, {At: at.Add(500 * time.Millisecond)}, {At: at.Add(time.Second)}})
	if len(groups) != 2 || len(groups[0]) != 2 {
		t.Errorf("groups = %v", groups)
	}
}

func TestMarkupInAnyValueIsEscaped(t *testing.T) {
	var b strings.Builder
	e := Entry{At: 1, Kind: "api", Message: "<script>", Result: "ok", ActorName: "<b>", Request: "</pre><script>alert(1)</script>", Quote: "\"><img>"}
	if err := Timeline([]Entry{e}).Render(english(t), &b); err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{"<script", "<img", "<b>"} {
		if strings.Contains(b.String(), raw) {
			t.Errorf("%s came through", raw)
		}
	}
}

func TestARefundsRowSpeaksOfItsOwnStatesAndInYuan(t *testing.T) {
	ctx := english(t)
	for _, c := range []struct {
		e    Entry
		want string
	}{
		{Entry{Kind: "api", Message: "refund.requested", Args: map[string]string{"amount": "1234", "refund_no": "R-1", "reason": "amount", "status": "pending"}}, "Refund ¥12.34 requested, no. R-1: amount"},
		{Entry{Kind: "person", Message: "refund.requested", Args: map[string]string{"amount": "1", "refund_no": "R-1", "reason": "x", "status": "awaiting_approval"}}, "Refund ¥0.01 requested, no. R-1, waiting for approval: x"},
		{Entry{Kind: "person", Message: "refund.resolved", Args: map[string]string{"refund_no": "R-1", "to": "failed", "reason": "paid in cash"}}, "The outcome of the abnormal refund R-1 was recorded: Failed. paid in cash"},
		{Entry{Kind: "person", Message: "refund.approved", Args: map[string]string{"refund_no": "R-1", "note": ""}}, "Refund R-1 approved."},
		{Entry{Kind: "person", Message: "notification.resolved", Args: map[string]string{"outcome": "kept", "note": "shop till"}}, "A person ended the notification’s case: the money is booked elsewhere. shop till"},
	} {
		if got := c.e.sentence(ctx); got != c.want {
			t.Errorf("%s: %q, want %q", c.e.Message, got, c.want)
		}
	}
	for to, want := range map[string]Tone{"abnormal": Bad, "succeeded": Good, "pending": Busy, "rejected": Quiet} {
		if got := (Entry{Kind: "state", Message: "refund." + to, Result: "ok", Args: map[string]string{"to": to}}).tone(); got != want {
			t.Errorf("%s is shown as %s, want %s", to, got, want)
		}
	}
}
