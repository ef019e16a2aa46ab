package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// What many tests use and none changes is made once, by the first that asks for
// it, and goes when all have ended.
var shared struct {
	sync.Mutex
	ends []func()
}

func TestMain(m *testing.M) {
	flag.Parse()
	// What is parallel here waits most of the time, for leases and for its turn.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	code := m.Run()
	for _, end := range shared.ends {
		end()
	}
	os.Exit(code)
}

var stage sync.Mutex

// takeStage lets a journey go on beside servers that are killed, which wait for
// leases most of the time, but not beside another journey.
func takeStage(t *testing.T) {
	t.Parallel()
	stage.Lock()
	t.Cleanup(stage.Unlock)
}

func atTheEnd(end func()) {
	shared.Lock()
	defer shared.Unlock()
	shared.ends = append(shared.ends, end)
}

// sharedDir is a folder for what is shared.
func sharedDir() (string, error) {
	dir, err := os.MkdirTemp("", "piaohao-shared")
	if err == nil {
		atTheEnd(func() { _ = os.RemoveAll(dir) })
	}
	return dir, err
}

var builtBinary = sync.OnceValues(func() (string, error) {
	dir, err := sharedDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "piaohao")
	return path, build(path)
})

// buildBinary builds the program as users run it.
func buildBinary(t *testing.T) string {
	t.Helper()
	path, err := builtBinary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func build(path string, flags ...string) error {
	args := append(append([]string{"build"}, flags...), "-o", path, ".")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
