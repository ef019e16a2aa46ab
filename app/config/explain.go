package config

import (
	"encoding"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Value is one setting as it holds, for people to read: secrets are masked, and
// Origin says where it was set.
type Value struct {
	Key, Text string
	Origin    string // "default", "file" or "environment"
	Detail    string // the file's path, or the variable's name
}

// Explain lists every setting of a loaded configuration.
func (c Config) Explain() []Value {
	var out []Value
	for _, s := range settings(&c) {
		v := Value{Key: s.key, Text: s.text(), Origin: "default"}
		switch set := c.origins[s.key]; {
		case strings.HasPrefix(set, envPrefix) && set == s.env():
			v.Origin, v.Detail = "environment", set
		case set != "":
			v.Origin, v.Detail = "file", set
		}
		out = append(out, v)
	}
	return out
}

// text writes the setting without secrets.
func (s setting) text() string {
	text := fmt.Sprint(s.value.Interface())
	if m, ok := s.value.Interface().(encoding.TextMarshaler); ok {
		raw, err := m.MarshalText()
		if err != nil {
			return "?"
		}
		text = string(raw)
	}
	if s.value.Kind() == reflect.Slice {
		text = strings.Trim(text, "[]")
	}
	return withoutPassword(text)
}

// withoutPassword hides the password of a database's address, and of any other
// URL: what stands between the last "@" and the ":" after the user's name.
func withoutPassword(text string) string {
	at := strings.LastIndex(text, "@")
	if at < 0 || !strings.Contains(text[:at], ":") {
		return text
	}
	scheme := strings.Index(text[:at], ":")
	rest := strings.TrimLeft(text[scheme+1:at], "/")
	user, _, has := strings.Cut(rest, ":")
	if !has {
		return text
	}
	return text[:at-len(rest)] + user + ":[secret]" + text[at:]
}

// originsOf tells, by key, which file or variable set it.
func originsOf(path string, fromEnv map[string]string) map[string]string {
	out := map[string]string{}
	if path != "" {
		if text, err := os.ReadFile(path); err == nil {
			var tree map[string]any
			if toml.Unmarshal(text, &tree) == nil {
				keysIn(out, path, "", tree)
			}
		}
	}
	for key, name := range fromEnv {
		out[key] = name
	}
	return out
}

func keysIn(out map[string]string, path, prefix string, tree map[string]any) {
	for name, value := range tree {
		if inner, ok := value.(map[string]any); ok {
			keysIn(out, path, prefix+name+".", inner)
			continue
		}
		out[prefix+name] = path
	}
}
