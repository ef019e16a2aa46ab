package pages

import (
	"context"
	"strings"

	"github.com/piaohao/piaohao/web/i18n"
)

// methodWords joins the methods' names.
func methodWords(ctx context.Context, methods []string) string {
	if len(methods) == 0 {
		return "—"
	}
	words := make([]string, len(methods))
	for i, m := range methods {
		words[i] = i18n.T(ctx, "session_method."+m)
	}
	return strings.Join(words, " + ")
}

// sessionList is a table of sessions; with a form token each but the present one
// can be ended.
type sessionList struct {
	Rows   []SessionRow
	CSRF   string
	Revoke func(id string) string // where the form that ends one posts
	Narrow bool                   // beside something else: without when each ends by itself
}
