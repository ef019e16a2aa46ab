package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// BenchmarkPlatform prints the product's figures beside their floor; see
// docs/BENCHMARKS.md. Run it with -benchtime 1x: an iteration is a whole run.
func BenchmarkPlatform(b *testing.B) {
	binary := build(b)
	b.Run("sqlite", func(b *testing.B) { run(b, Default(), binary, "", "") })
	b.Run("mysql", func(b *testing.B) {
		database, scratch := durable(b)
		run(b, Default(), binary, database, scratch)
	})
}

// BenchmarkReconciliation is the part of BenchmarkPlatform about bills, alone.
func BenchmarkReconciliation(b *testing.B) {
	for b.Loop() {
		cfg := Default()
		cfg.Dir = b.TempDir()
		_, cfg.Scratch = durable(b)
		if err := measureReconciliation(b.Context(), cfg, &report{w: os.Stdout}); err != nil {
			b.Fatal(err)
		}
	}
}

func run(b *testing.B, cfg Config, binary, database, scratch string) {
	for b.Loop() {
		cfg.Binary, cfg.Dir, cfg.Database, cfg.Scratch = binary, b.TempDir(), database, scratch
		if err := Run(b.Context(), cfg, os.Stdout); err != nil {
			b.Fatal(err)
		}
	}
}

// durable starts a MariaDB that loses no commit, unlike the tests' usual one,
// and returns two databases on it.
func durable(t testing.TB) (database, scratch string) {
	server := durableOwn(t)
	// With half of it a day's books of a million rows are read from the disk each time.
	server.Admin("SET GLOBAL innodb_buffer_pool_size = 1073741824")
	server.Admin("CREATE DATABASE scratch DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	server.Admin("GRANT ALL ON scratch.* TO platform@'127.0.0.1'")
	return server.URL(), strings.Replace(server.URL(), "/own", "/scratch", 1)
}

func durableOwn(t testing.TB) *dbtest.Own {
	server := dbtest.StartOwn(t)
	server.Admin("SET GLOBAL innodb_buffer_pool_size = 536870912") // the tests' 64 MiB are no server's
	return server
}

func build(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "piaohao")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../cmd/server").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

func TestADatabaseInUseIsRefused(t *testing.T) {
	cfg := Config{Dir: t.TempDir(), Database: dbtest.NewMySQLURL(t), Scratch: dbtest.NewMySQLURL(t)}
	d, err := db.Open(t.Context(), db.Config{URL: cfg.Scratch})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Exec(t.Context(), `CREATE TABLE somebodys (id INT PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), cfg, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "must be empty") {
		t.Errorf("a database with a table: %v", err)
	}
}

func TestEveryFigureIsMeasured(t *testing.T) {
	binary := build(t)
	brief := Config{Binary: binary, Clients: 4, Rounds: 1, Creating: 500 * time.Millisecond, Orders: 20, Webhooks: 3, Idle: 100 * time.Millisecond}
	payments := []string{
		`creates \(floor: 1 RSA-2048 signature, 1 verification, 2 durable commits, 1 loopback round trip\)`,
		`notifications \(floor: 1 verification, 1 durable commit, 1 loopback round trip\)`,
		`ratio to the floor +\d+\.\d\d +\d+\.\d\d`, `p50 \d+\.\d ms   p99 \d+\.\d ms`,
	}
	for engine, want := range map[string][]string{
		"sqlite": append(payments, `p50 \d+\.\d s   p99 \d+\.\d s   at most \d+\.\d s`, `after a sign-in \d+\.\d MiB`, `a new installation \d+\.\d ms, started again \d+\.\d ms`),
		"mysql":  append(payments, `the server counted \d\.\d\d commits and \d+\.\d statements each`, `4 of 4 planted differences`),
	} {
		t.Run(engine, func(t *testing.T) {
			cfg, out := brief, &strings.Builder{}
			cfg.Dir = t.TempDir()
			if engine == "sqlite" { // the first queries alone take a quarter of a minute
				cfg.Truth, cfg.TruthSpan, cfg.TruthAge = 4, time.Second, time.Second
			}
			if engine == "mysql" {
				cfg.Lines = 2000
				cfg.Database, cfg.Scratch = dbtest.NewMySQLURL(t), dbtest.NewMySQLURL(t)
			}
			if err := Run(t.Context(), cfg, out); err != nil {
				t.Fatal(err)
			}
			for _, pattern := range want {
				if !regexp.MustCompile(pattern).MatchString(out.String()) {
					t.Errorf("nothing like %s in\n%s", pattern, out)
				}
			}
		})
	}
}
