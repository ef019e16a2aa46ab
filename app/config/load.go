package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Load starts from base, reads the TOML file at path over it ("" reads none),
// applies the PIAOHAO_SECTION_KEY variables of environ (as os.Environ returns
// them) and validates the result. Its error names every problem at once: what
// is wrong, where it was set and what to do.
func Load(base Config, path string, environ []string) (Config, error) {
	c := base
	origin := "the defaults"
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return Config{}, fmt.Errorf("read the configuration: %w (copy config.example.toml to start)", err)
		}
		if err := decode(&c, path, text); err != nil {
			return Config{}, err
		}
		origin = path
	}
	fromEnv, err := override(&c, environ)
	if err != nil {
		return Config{}, err
	}
	c.origins = originsOf(path, fromEnv)
	err = c.Validate()
	var problems Problems
	if errors.As(err, &problems) {
		return Config{}, problems.locate(origin, fromEnv)
	}
	return c, err
}

// decode reads TOML strictly: an unknown key is an error that names it, its
// line and the key that was probably meant.
func decode(c *Config, name string, text []byte) error {
	d := toml.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(c)
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		return unknownKeys(c, name, unknown)
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, _ := wrong.Position()
		return fmt.Errorf("%s:%d: %s%s", name, line, keyPrefix(wrong.Key()), strings.TrimPrefix(wrong.Error(), "toml: "))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func unknownKeys(c *Config, name string, unknown *toml.StrictMissingError) error {
	var all []error
	for _, e := range unknown.Errors {
		line, _ := e.Position()
		key := strings.Join(e.Key(), ".")
		all = append(all, fmt.Errorf("%s:%d: unknown key %q%s", name, line, key, suggest(c, key)))
	}
	return errors.Join(all...)
}

func keyPrefix(key toml.Key) string {
	if len(key) == 0 {
		return ""
	}
	return strings.Join(key, ".") + ": "
}
