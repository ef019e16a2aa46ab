package observe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
)

// maskAttr masks one attribute: by its key, and by patterns in its text.
func maskAttr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		group := v.Group()
		masked := make([]slog.Attr, len(group))
		for i, member := range group {
			masked[i] = maskAttr(member)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(masked...)}
	}
	switch kindOf(a.Key) {
	case secretKey:
		return slog.String(a.Key, hidden)
	case personalKey:
		return slog.String(a.Key, maskPersonal(v.String()))
	}
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Mask(v.String()))
	case slog.KindAny:
		return slog.Attr{Key: a.Key, Value: maskAny(v.Any())}
	default: // numbers, booleans and times hold nothing to hide
		return slog.Attr{Key: a.Key, Value: v}
	}
}

// maskAny renders a value as the log would and masks the rendering.
func maskAny(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(Mask(v.Error()))
	case []byte:
		return slog.StringValue(Mask(string(v)))
	case fmt.Stringer:
		return slog.StringValue(Mask(v.String()))
	}
	text, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue(Mask(fmt.Sprintf("%+v", v)))
	}
	return slog.AnyValue(maskTree(text))
}

// MaskJSON masks a JSON text by its keys and by patterns in its strings. Text
// that is not JSON is masked by patterns alone.
func MaskJSON(text []byte) []byte {
	masked := maskTree(text)
	if s, ok := masked.(string); ok && !json.Valid(text) {
		return []byte(s)
	}
	out, err := json.Marshal(masked)
	if err != nil {
		return []byte(hidden)
	}
	return out
}

func maskTree(text []byte) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // amounts and ids survive unrounded
	var tree any
	if err := d.Decode(&tree); err != nil || d.More() {
		return Mask(string(text))
	}
	return maskNode("", tree)
}

func maskNode(key string, node any) any {
	switch kindOf(key) {
	case secretKey:
		return hidden
	case personalKey:
		if s, ok := node.(string); ok {
			return maskPersonal(s)
		}
		if _, ok := node.(json.Number); ok {
			return hidden
		}
	}
	switch node := node.(type) {
	case string:
		return Mask(node)
	case []any:
		for i, member := range node {
			node[i] = maskNode(key, member)
		}
	case map[string]any:
		for k, member := range node {
			node[k] = maskNode(k, member)
		}
	}
	return node
}
