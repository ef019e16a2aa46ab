package dbtest

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// Own is a MariaDB or MySQL of one test's own, durable, which the test may
// kill, start again and switch to read-only.
type Own struct {
	t      testing.TB
	dir    string
	daemon string
	port   int
	server *server
	cmd    *exec.Cmd
}

// ownUser may do everything with its database and nothing with the server: an
// account with more would write to a read-only server too.
const ownUser = "platform"

// StartOwn starts a server with an empty database.
func StartOwn(t testing.TB) *Own {
	t.Helper()
	o := &Own{t: t, daemon: lookDaemon()}
	if o.daemon == "" {
		t.Fatal("this test needs MariaDB or MySQL: install Debian's mariadb-server")
	}
	var err error
	// Beside the shared server's folder, and so removed as stale like it. A test's
	// own folder has too long a name for the socket in it.
	if o.dir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", dirPrefix, os.Getpid())); err != nil { //nolint:usetesting // the comment above
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(o.dir) })
	if err := initialise(o.daemon, o.dir); err != nil {
		t.Fatal(err)
	}
	if o.port, err = freePort(); err != nil {
		t.Fatal(err)
	}
	o.Start()
	t.Cleanup(o.Kill)
	for _, statement := range []string{
		"CREATE DATABASE own DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
		"CREATE USER " + ownUser + "@'127.0.0.1'",
		"GRANT ALL ON own.* TO " + ownUser + "@'127.0.0.1'",
	} {
		o.Admin(statement)
	}
	return o
}

// URL is the database's, for db.Open.
func (o *Own) URL() string {
	cfg := rootAt(o.port)
	cfg.User, cfg.DBName = ownUser, "own"
	return "mysql:" + cfg.FormatDSN()
}

// PID is the server's process.
func (o *Own) PID() int { return o.cmd.Process.Pid }

// Admin runs a statement as the server's administrator.
func (o *Own) Admin(statement string) {
	o.t.Helper()
	if _, err := o.server.admin.Exec(statement); err != nil {
		o.t.Fatalf("%s: %v", statement, err)
	}
}

// Kill ends the server as kill -9 does and waits until it is gone.
func (o *Own) Kill() {
	o.t.Helper()
	if o.cmd == nil {
		return
	}
	_ = o.server.admin.Close()
	pid := o.cmd.Process.Pid
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for deadline := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatal("the database server does not end")
		}
	}
	o.cmd = nil
}

// Start starts the server on its data and port, and waits until it answers.
func (o *Own) Start() {
	o.t.Helper()
	o.cmd = daemonCommand(o.daemon, o.dir, o.port, "--innodb-flush-log-at-trx-commit=1")
	ended, err := startLocked(o.cmd)
	if err == nil {
		o.server, err = connect(rootAt(o.port), ended, nil)
	}
	if err != nil {
		o.t.Fatalf("start the test's own database: %v", err)
	}
}
