package dbtest

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// server is a MariaDB or MySQL that tests may use: private to this process, or
// the one TEST_MYSQL_DSN names.
type server struct {
	config *mysql.Config
	admin  *sql.DB
	shared bool // not this process's alone
}

func (s *server) dsn(database string) string {
	c := s.config.Clone()
	c.DBName = database
	return c.FormatDSN()
}

var mysqlServer = sync.OnceValues(startMySQL)

func startMySQL() (*server, error) {
	if dsn := os.Getenv("TEST_MYSQL_DSN"); dsn != "" {
		cfg, err := mysql.ParseDSN(dsn)
		if err != nil {
			return nil, fmt.Errorf("TEST_MYSQL_DSN: %w", err)
		}
		server, err := connect(cfg, nil, nil)
		if err == nil {
			server.shared = true
		}
		return server, err
	}
	daemon := lookDaemon()
	if daemon == "" {
		return nil, errors.New("database tests need MariaDB or MySQL: install Debian's mariadb-server, or set TEST_MYSQL_DSN")
	}
	removeStale()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", dirPrefix, os.Getpid()))
	if err != nil {
		return nil, err
	}
	if err := initialise(daemon, dir); err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		server, err := startAt(daemon, dir)
		if err == nil || try == 5 {
			return server, err
		}
	}
}

// startAt starts the private server on a port that is free now. Where another
// process takes the port before it does, the server ends, and an error tells.
func startAt(daemon, dir string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	cmd := daemonCommand(daemon, dir, port, hasty...)
	cmd.Stderr = &stderr
	ended, err := startLocked(cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", daemon, err)
	}
	server, err := connect(rootAt(port), ended, &stderr)
	if err != nil {
		return nil, err
	}
	var data string
	if err := server.admin.QueryRow("SELECT @@datadir").Scan(&data); err != nil || !strings.HasPrefix(data, dir) {
		return nil, errors.Join(fmt.Errorf("port %d is answered by the server of %q", port, data), err, server.admin.Close())
	}
	return server, nil
}

// hasty turns durability off, since a test database does not outlive its
// process, and keeps all tables in one file: each test makes and drops some
// seventy of them. What one kind of server lacks, it overlooks.
var hasty = []string{
	"--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-file-per-table=0",
	"--loose-innodb-flush-method=nosync", "--loose-sync-frm=0",
}

func daemonCommand(daemon, dir string, port int, more ...string) *exec.Cmd {
	cmd := exec.Command(daemon, append([]string{"--no-defaults", "--user=" + account(),
		"--datadir=" + filepath.Join(dir, "data"),
		"--socket=" + filepath.Join(dir, "s"),
		"--pid-file=" + filepath.Join(dir, "pid"),
		"--tmpdir=" + dir,
		"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port),
		"--innodb-buffer-pool-size=64M",
		"--skip-log-bin", "--skip-name-resolve", "--max-connections=400"}, more...)...)
	// The server ends with this process, however that ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func rootAt(port int) *mysql.Config {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr = "root", "tcp", fmt.Sprintf("127.0.0.1:%d", port)
	return cfg
}

const dirPrefix = "piaohao-mysql-"

// removeStale deletes the folders of test processes that have ended: a killed
// process cannot delete its own.
func removeStale() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	for _, dir := range dirs {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), dirPrefix), "-")
		n, err := strconv.Atoi(pid)
		if err == nil && syscall.Kill(n, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
}

// startLocked starts cmd from a thread that lives as long as the process:
// Pdeathsig fires when the thread that started the child ends. The channel is
// closed when the child has ended.
func startLocked(cmd *exec.Cmd) (<-chan struct{}, error) {
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		_ = cmd.Wait() // reaps it
		close(ended)
		select {}
	}()
	return ended, <-started
}

func lookDaemon() string {
	for _, name := range []string{"mariadbd", "mysqld", "/usr/sbin/mariadbd", "/usr/sbin/mysqld"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func initialise(daemon, dir string) error {
	data := "--datadir=" + filepath.Join(dir, "data")
	// Each a folder of its own: a starting server deletes the temporary tables
	// it finds, be they another's.
	temporary := "--tmpdir=" + dir
	cmd := exec.Command(daemon, "--no-defaults", "--initialize-insecure", "--user="+account(), data, temporary)
	if install, err := exec.LookPath("mariadb-install-db"); err == nil {
		cmd = exec.Command(install, "--no-defaults", "--user="+account(), data, "--auth-root-authentication-method=normal", "--skip-test-db", temporary)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd.Path, err, out)
	}
	return nil
}

// account is who runs the tests; mariadbd refuses root unless it is named.
func account() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// connect waits until the server answers, or has ended.
func connect(cfg *mysql.Config, ended <-chan struct{}, stderr *bytes.Buffer) (*server, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	admin := sql.OpenDB(connector)
	for deadline := time.Now().Add(time.Minute); ; {
		err := admin.Ping()
		if err == nil {
			return &server{config: cfg, admin: admin}, nil
		}
		select {
		case <-ended:
			log := ""
			if stderr != nil {
				log = stderr.String()
			}
			return nil, errors.Join(fmt.Errorf("the test database has ended: %w\n%s", err, log), admin.Close())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("the test database does not answer: %w", err), admin.Close())
		}
	}
}
