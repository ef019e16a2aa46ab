package main

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// crashProcess is a running piaohao. It ends with the test, and with this process
// should that be killed.
type crashProcess struct {
	t       *testing.T
	name    string
	cmd     *exec.Cmd
	exited  chan struct{}
	logFile string
}

// spawn starts the binary in dir with nothing in its environment but env. What
// it writes goes to a file, whose end is shown when the test fails.
func spawn(t *testing.T, binary, dir string, env []string, args ...string) *crashProcess {
	t.Helper()
	p := &crashProcess{t: t, name: args[0], exited: make(chan struct{}), logFile: filepath.Join(dir, args[0]+".log")}
	output, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	p.cmd = exec.Command(binary, args...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...), output, output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// Pdeathsig fires when the thread ends that started the child.
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", p.name, err)
	}
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as kill -9 does.
func (p *crashProcess) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// exitCode waits for the process to end by itself.
func (p *crashProcess) exitCode(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(within):
		p.t.Fatalf("%s still runs after %s\n%s", p.name, within, p.log())
	}
	return p.cmd.ProcessState.ExitCode()
}

// terminate sends SIGTERM and wants a clean end.
func (p *crashProcess) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("SIGTERM to %s: %v", p.name, err)
	}
	if code := p.exitCode(30 * time.Second); code != 0 {
		p.t.Errorf("%s ended with code %d on SIGTERM\n%s", p.name, code, p.log())
	}
}

// log returns the last lines that the process wrote.
func (p *crashProcess) log() string {
	text, _ := os.ReadFile(p.logFile)
	lines := strings.Split(string(text), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// await waits until url answers 200 and returns how long that took.
func (p *crashProcess) await(url string) time.Duration {
	p.t.Helper()
	start := time.Now()
	for {
		if res, err := http.Get(url); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(start)
			}
		}
		select {
		case <-p.exited:
			p.t.Fatalf("%s ended with %s\n%s", p.name, p.cmd.ProcessState, p.log())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Since(start) > 30*time.Second {
			p.t.Fatalf("%s does not answer 200 at %s\n%s", p.name, url, p.log())
		}
	}
}
