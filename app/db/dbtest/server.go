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
		return connect(cfg, nil)
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
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	cmd := daemonCommand(daemon, dir, port, hasty...)
	cmd.Stderr = &stderr
	if err := startLocked(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", daemon, err)
	}
	return connect(rootAt(port), &stderr)
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
// Pdeathsig fires when the thread that started the child ends.
func startLocked(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		_ = cmd.Wait() // reaps it; tests notice a dead server by their queries
		select {}
	}()
	return <-started
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

func connect(cfg *mysql.Config, stderr *bytes.Buffer) (*server, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	admin := sql.OpenDB(connector)
	deadline := time.Now().Add(time.Minute)
	for {
		err := admin.Ping()
		if err == nil {
			return &server{config: cfg, admin: admin}, nil
		}
		if time.Now().After(deadline) {
			log := ""
			if stderr != nil {
				log = stderr.String()
			}
			return nil, fmt.Errorf("the test database does not answer: %w\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
