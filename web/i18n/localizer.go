package i18n

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// Localizer translates into one language.
type Localizer struct {
	lang  Lang
	keys  map[string]bool
	inner *i18n.Localizer
}

// Lang returns the language translated into.
func (l *Localizer) Lang() Lang { return l.lang }

// Has reports whether the key exists.
func (l *Localizer) Has(key string) bool { return l != nil && l.keys[key] }

// Keys lists every key, sorted.
func (l *Localizer) Keys() []string { return slices.Sorted(maps.Keys(l.keys)) }

// Missing is how an unknown key shows on a page; tests look for its brackets.
func Missing(key string) string { return "⟦" + key + "⟧" }

// T returns the sentence of a key. args are pairs of name and value that fill
// its {{.name}} places.
func (l *Localizer) T(key string, args ...any) string {
	return l.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: pairs(args)})
}

// N returns the sentence of a key in the plural form for count, which fills
// {{.count}}.
func (l *Localizer) N(key string, count int, args ...any) string {
	data := pairs(args)
	data["count"] = count
	return l.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
}

func (l *Localizer) localize(c *i18n.LocalizeConfig) string {
	if !l.Has(c.MessageID) {
		return Missing(c.MessageID)
	}
	s, err := l.inner.Localize(c)
	if err != nil {
		return Missing(c.MessageID)
	}
	return s
}

func pairs(args []any) map[string]any {
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			data[name] = args[i+1]
		}
	}
	return data
}

// T translates with the translator in ctx.
func T(ctx context.Context, key string, args ...any) string { return From(ctx).T(key, args...) }

// N translates a counted sentence with the translator in ctx.
func N(ctx context.Context, key string, count int, args ...any) string {
	return From(ctx).N(key, count, args...)
}

// Has reports whether the translator in ctx knows the key.
func Has(ctx context.Context, key string) bool { return From(ctx).Has(key) }

// Join puts sentences beside each other as the language does: in Chinese without
// a space. Empty ones are left out.
func Join(ctx context.Context, sentences ...string) string {
	space := " "
	if From(ctx).Lang() == ZH {
		space = ""
	}
	return strings.Join(slices.DeleteFunc(slices.Clone(sentences), func(s string) bool { return s == "" }), space)
}
