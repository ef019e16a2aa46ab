package docs

import (
	"fmt"
	"slices"
	"strings"
)

// typeOf says in a few words what a value is.
func (l layout) typeOf(s schema) string {
	var parts []string
	for _, t := range s.Type {
		parts = append(parts, t)
	}
	for _, alternative := range s.OneOf {
		if t := l.typeOf(l.schema(alternative)); !slices.Contains(parts, t) {
			parts = append(parts, t)
		}
	}
	text := strings.Join(parts, " | ")
	if s.Items != nil {
		text += " of " + l.typeOf(l.schema(*s.Items)) + "s"
	}
	if s.Format != "" && s.Format != "int64" {
		text += ", " + s.Format
	}
	return text
}

// limits lists what bounds a value, in the notation of its keywords.
func limits(s schema) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		add("%s – %s", grouped(*s.Minimum), grouped(*s.Maximum))
	case s.Minimum != nil:
		add("≥ %s", grouped(*s.Minimum))
	case s.Maximum != nil:
		add("≤ %s", grouped(*s.Maximum))
	}
	if s.MaxLength != nil {
		if s.MinLength != nil {
			add("%d – %d characters", *s.MinLength, *s.MaxLength)
		} else {
			add("≤ %d characters", *s.MaxLength)
		}
	}
	if s.MaxItems != nil {
		add("≤ %d items", *s.MaxItems)
	}
	if s.MaxProps != nil {
		add("≤ %d keys", *s.MaxProps)
	}
	if s.Pattern != "" {
		add("%s", s.Pattern)
	}
	if s.Default != "" {
		add("default %s", s.Default)
	}
	return out
}

// grouped writes a number with a comma after each three digits.
func grouped(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}
