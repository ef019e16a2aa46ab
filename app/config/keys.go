package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// setting is one leaf of the configuration.
type setting struct {
	key     string // "server.base_url"
	value   reflect.Value
	envOnly bool
}

// env is the variable that overrides the setting: PIAOHAO_SERVER_BASE_URL.
func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// settings lists every leaf of c, addressable, in the order of the struct.
func settings(c *Config) []setting {
	var all []setting
	root := reflect.ValueOf(c).Elem()
	for i := range root.NumField() {
		if !root.Type().Field(i).IsExported() {
			continue
		}
		all = append(all, leaves(root.Field(i), root.Type().Field(i).Tag.Get("toml"))...)
	}
	return all
}

// leaves lists the settings of a section, those of its own sections with it.
func leaves(section reflect.Value, name string) []setting {
	var all []setting
	for j := range section.NumField() {
		field, tag := section.Field(j), section.Type().Field(j).Tag
		s := setting{key: name + "." + tag.Get("toml"), value: field}
		if only := tag.Get("env"); only != "" {
			s.key, s.envOnly = name+"."+only, true
		}
		if field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct {
			continue // a list of tables is written in the file only
		}
		if _, isText := field.Addr().Interface().(encoding.TextUnmarshaler); field.Kind() == reflect.Struct && !isText {
			all = append(all, leaves(field, s.key)...)
			continue
		}
		all = append(all, s)
	}
	return all
}

// set parses text into the setting: lists are separated by commas.
func (s setting) set(text string) error {
	if u, ok := s.value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch s.value.Kind() {
	case reflect.String:
		s.value.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		s.value.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		s.value.SetInt(int64(n))
	case reflect.Slice:
		s.value.Set(reflect.ValueOf(splitList(text)))
	default:
		return fmt.Errorf("a %s cannot be set from text", s.value.Kind())
	}
	return nil
}

func splitList(text string) []string {
	list := []string{}
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
