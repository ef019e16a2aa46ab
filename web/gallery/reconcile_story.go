package gallery

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/components"
)

// billedStory is what the next morning's bills add to a payment's story.
func billedStory(at app.Millis) []components.Entry {
	entry := func(n int, message, result string, args map[string]string) components.Entry {
		e := components.Entry{
			ID: "reconcile-" + message, At: at.Add(time.Duration(n) * time.Hour), Kind: "reconcile", Message: "reconcile." + message, Result: result,
			ActorKind: "system", ActorName: "reconcile", Href: "/console", Args: map[string]string{"kind": "payment", "day": "2026-11-23", "line": "1204", "amount": "¥128.00", "fee": "¥0.77", "net": "¥127.23"},
		}
		for name, value := range args {
			e.Args[name] = value
		}
		return e
	}
	return []components.Entry{
		entry(0, "matched", "ok", nil),
		entry(1, "matched_recovered", "ok", nil),
		entry(2, "differs", "differs", map[string]string{"class": "amount", "amount": "¥128.01"}),
		entry(3, "differs_recovered", "differs", map[string]string{"class": "fee"}),
		entry(4, "in_transit", "ok", map[string]string{"kind": "refund"}),
		entry(5, "missing", "differs", map[string]string{"kind": "refund"}),
		entry(24, "expected", "ok", map[string]string{"kind": "refund", "day": "2026-11-24"}),
	}
}
