package config

import (
	"errors"
	"fmt"
	"strings"
)

const envPrefix = "PIAOHAO_"

// override applies environment variables and returns the keys they set. A
// variable that names a section but no key of it is an error, as a misspelt one
// would otherwise be ignored; other PIAOHAO_ variables (data/demo.env has some)
// are not ours to judge.
func override(c *Config, environ []string) (map[string]string, error) {
	byName, sections := map[string]setting{}, map[string]bool{}
	for _, s := range settings(c) {
		byName[s.env()] = s
		section, _, _ := strings.Cut(s.key, ".")
		sections[envPrefix+strings.ToUpper(section)+"_"] = true
	}
	set := map[string]string{}
	secrets, err := c.Access.finishOIDC(environ)
	problems := []error{err}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		s, known := byName[name]
		switch {
		case known:
			if err := s.set(text); err != nil {
				problems = append(problems, fmt.Errorf("environment variable %s: %w", name, err))
			}
			set[s.key] = name
		case secrets[name]:
		case hasSection(sections, name):
			key := strings.ToLower(strings.Replace(strings.TrimPrefix(name, envPrefix), "_", ".", 1))
			problems = append(problems, fmt.Errorf("environment variable %s: unknown key %q%s", name, key, suggest(c, key)))
		}
	}
	return set, errors.Join(problems...)
}

func hasSection(sections map[string]bool, name string) bool {
	for s := range sections {
		if strings.HasPrefix(name, s) {
			return true
		}
	}
	return false
}
