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
	if got := c.title(english(t)); got != "Failed: wechat.new_rule" {
		t.Errorf("title = %q", got)
	}
}

func TestCheckNamesItsFileAndDay(t *testing.T) {
	c := Check{Code: "alipay.certificate_expired", Field: "app_cert", Status: "failed", Args: map[string]string{"expires_at": "2026-11-30T16:30:00Z"}}
	if got := c.title(english(t)); got != "App certificate expired on 2026-12-01" {
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
