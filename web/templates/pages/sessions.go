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
