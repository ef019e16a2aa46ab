// Package oracle proves the sandbox with clients that nobody here wrote: the
// official and the community's SDKs from npm, and smartwalle's for Go, talking
// to a running sandbox over HTTP.
package oracle

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// install fetches the npm clients once, by the lock file, without their
// scripts.
var install = sync.OnceValue(func() error {
	if installed() {
		return nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("these tests need Node.js and npm: %w", err)
	}
	if out, err := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
})

// installed reports whether what npm wrote last is what the lock file asks for.
func installed() bool {
	have, err := os.Stat("node_modules/.package-lock.json")
	if err != nil {
		return false
	}
	want, err := os.Stat("package-lock.json")
	return err == nil && !want.ModTime().After(have.ModTime())
}

// node is a running script that answers commands.
type node struct {
	t    *testing.T
	in   io.WriteCloser
	out  *bufio.Scanner
	wait chan error
}

// start runs a script until the test ends. Without Node.js the test fails.
func start(t *testing.T, script string) *node {
	t.Helper()
	if err := install(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", script)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("these tests need Node.js: %v", err)
	}
	n := &node{t: t, in: in, out: bufio.NewScanner(out), wait: make(chan error, 1)}
	n.out.Buffer(nil, 1<<20)
	t.Cleanup(func() {
		_ = in.Close() // ends the script
		go func() { n.wait <- cmd.Wait() }()
		select {
		case err := <-n.wait:
			if err != nil {
				t.Errorf("%s: %v", script, err)
			}
		case <-time.After(time.Minute):
			_ = cmd.Process.Kill()
			t.Errorf("%s does not end", script)
		}
	})
	return n
}

// try runs a command; its error is what the script's client threw.
func (n *node) try(name string, args, into any) error {
	n.t.Helper()
	line, err := json.Marshal(map[string]any{"name": name, "args": args})
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		n.t.Fatalf("%s: %v", name, err)
	}
	if !n.out.Scan() {
		n.t.Fatalf("%s: the script ended: %v", name, n.out.Err())
	}
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  string          `json:"error"`
	}
	if err := json.Unmarshal(n.out.Bytes(), &answer); err != nil {
		n.t.Fatalf("%s: %v in %s", name, err, n.out.Bytes())
	}
	if answer.Error != "" {
		return fmt.Errorf("%s: %s", name, answer.Error)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer.Result, into)
}

// do runs a command that must succeed.
func (n *node) do(name string, args, into any) {
	n.t.Helper()
	if err := n.try(name, args, into); err != nil {
		n.t.Fatal(err)
	}
}
