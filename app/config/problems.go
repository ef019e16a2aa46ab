package config

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with a configuration.
type Problem struct {
	Key   string // "server.base_url"
	What  string // what is wrong with it
	Do    string // what to do about it
	SetIn string // the file or environment variable that set it; "" when unknown
}

// String is the problem as one line: where, what, what to do.
func (p Problem) String() string {
	where := p.Key
	if p.SetIn != "" {
		where += " (" + p.SetIn + ")"
	}
	return fmt.Sprintf("%s: %s: %s", where, p.What, p.Do)
}

// Problems is everything wrong with a configuration, as an error.
type Problems []Problem

// Error lists the problems, one per line.
func (p Problems) Error() string {
	lines := make([]string, 0, len(p)+1)
	lines = append(lines, "the configuration cannot be used:")
	for _, problem := range p {
		lines = append(lines, "  "+problem.String())
	}
	return strings.Join(lines, "\n")
}

// add records a problem of key.
func (p *Problems) add(key, do, format string, args ...any) {
	*p = append(*p, Problem{Key: key, What: fmt.Sprintf(format, args...), Do: do})
}

// locate fills in where each key was set: the environment, or else origin.
func (p Problems) locate(origin string, fromEnv map[string]string) Problems {
	located := make(Problems, len(p))
	for i, problem := range p {
		problem.SetIn = origin
		if name, ok := fromEnv[problem.Key]; ok {
			problem.SetIn = "environment variable " + name
		}
		located[i] = problem
	}
	return located
}
