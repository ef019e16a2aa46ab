package dbcheck

import (
	"context"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/sql"
)

// root is the module's folder.
func root(t *testing.T) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	dir, err := filepath.Abs(filepath.Join(filepath.Dir(file), "../.."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEveryQueryOfTheProgramRunsOnBothEngines(t *testing.T) {
	statements, problems, err := Find(root(t), "./app/...", "./cmd/...")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	rooms := map[string]int{}
	for _, s := range statements {
		rooms[filepath.Dir(s.At)]++
	}
	t.Logf("%d statements in %v", len(statements), slices.Sorted(maps.Keys(rooms)))
	// The leases are in app/db since the first commit: finding none of them
	// would mean that the search is blind.
	if rooms["app/db"] < 5 || len(rooms) < 5 {
		t.Errorf("found only %v", rooms)
	}
	for _, p := range check(t, statements) {
		t.Error(p)
	}
}

// check prepares the statements on both engines, each distinct text once.
func check(t *testing.T, statements []Statement) []Problem {
	t.Helper()
	platform, simulator := engines(t, sql.Platform()), engines(t, sql.Sandbox())
	var problems []Problem
	seen := map[Statement]bool{}
	for _, s := range statements {
		key := Statement{Text: s.Text, Sandbox: s.Sandbox}
		if seen[key] {
			continue
		}
		seen[key] = true
		on := platform
		if s.Sandbox {
			on = simulator
		}
		for _, what := range checkOne(s, on) {
			problems = append(problems, Problem{s.At, what + "\n\t" + strings.Join(strings.Fields(s.Text), " ")})
		}
	}
	return problems
}

func checkOne(s Statement, engines []Engine) []string {
	placeholders, problems := Portable(s.Text)
	for _, e := range engines {
		if err := e.Prepare(context.Background(), s.Text, placeholders); err != nil {
			problems = append(problems, string(e.Dialect)+" refuses it: "+err.Error())
		}
	}
	return problems
}
