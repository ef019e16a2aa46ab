package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// nameFields are those of an entry's facts that say what its target is called,
// the best first.
var nameFields = []string{"name", "number", "refund_no", "order_no", "url", "company", "email", "file", "title", "object_id"}

// called is what the target is called by the facts, masked, as they were after
// and else before. A user is called by their address, since names are not their
// own; of what users do to themselves their name must do.
func (e Entry) called(before, after string) string {
	fields, user := nameFields, strings.HasPrefix(e.Target, app.PrefixUser)
	if user {
		fields = []string{"email"}
	}
	name := cmp.Or(nameIn(after, fields), nameIn(before, fields))
	if name == "" && user && e.Target == e.Actor.ID {
		return e.Actor.Name
	}
	return name
}

func nameIn(facts string, fields []string) string {
	var object map[string]any
	if facts == "" || json.Unmarshal([]byte(facts), &object) != nil {
		return ""
	}
	if inner, ok := object["user"].(map[string]any); ok {
		object = inner
	}
	for _, f := range fields {
		if name, _ := object[f].(string); name != "" && name != mask {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// nameKey is a name as it is searched for.
func nameKey(name string) string { return strings.TrimSpace(clip(strings.ToLower(name), 190)) }

// named returns the targets whose name begins with the text, in any case,
// maxNamed at most, and whether there are more.
func (l *Log) named(ctx context.Context, chain, text string) (targets []string, more bool, err error) {
	text = nameKey(text)
	name, err := firstName(ctx, l.db, chain, text)
	for err == nil && name != "" && strings.HasPrefix(name, text) {
		for target := ""; ; targets = append(targets, target) {
			if target, err = nextNamed(ctx, l.db, chain, name, target); err != nil {
				return nil, false, err
			}
			if target == "" {
				break
			}
			if len(targets) == maxNamed {
				return targets, true, nil
			}
		}
		name, err = nextName(ctx, l.db, chain, name)
	}
	return targets, false, err
}

// maxNamed is how many things of one name are looked for.
const maxNamed = 20
