package console

import "github.com/piaohao/piaohao/app/access"

// DecideBy makes decisions about a kind of request need another permission, and
// returns how to undo that.
func DecideBy(kind string, o access.Object, a access.Action) (restore func()) {
	before := decides[kind]
	decides[kind] = Route{Object: o, Action: a}
	return func() { decides[kind] = before }
}
