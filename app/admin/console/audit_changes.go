package console

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/web/templates/pages"
)

// auditChanges lists the fields in which two recorded states differ, by name.
// Of something created or deleted it lists every field. Secrets were masked
// when the states were recorded.
func auditChanges(before, after string) []pages.AuditChange {
	old, now := fieldsOf(before), fieldsOf(after)
	names := maps.Clone(old)
	maps.Copy(names, now)
	var out []pages.AuditChange
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, had := old[name]
		b, has := now[name]
		if had && has && a == b {
			continue
		}
		change := pages.AuditChange{Field: name}
		if had {
			change.Before = &a
		}
		if has {
			change.After = &b
		}
		out = append(out, change)
	}
	return out
}

// fieldsOf flattens a JSON object: nested fields join their names by dots. What
// is no object is one field without a name.
func fieldsOf(text string) map[string]string {
	out := map[string]string{}
	if text == "" {
		return out
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		out[""] = text
		return out
	}
	flatten(out, "", value)
	return out
}

func flatten(out map[string]string, name string, value any) {
	object, ok := value.(map[string]any)
	if !ok || len(object) == 0 && name != "" {
		out[name] = plain(value)
		return
	}
	for key, v := range object {
		if name != "" {
			key = name + "." + key
		}
		flatten(out, key, v)
	}
}

// plain writes a value for reading: text bare, a list of texts with commas,
// anything else as JSON.
func plain(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []any:
		words := make([]string, len(v))
		for i, x := range v {
			words[i] = plain(x)
		}
		return strings.Join(words, ", ")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}
