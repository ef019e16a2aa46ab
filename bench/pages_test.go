package bench

import (
	"os"
	"testing"
)

// pagesReport prints what was measured.
var pagesReport = &report{w: os.Stdout}

// BenchmarkPages prints how soon the console's lists answer over a million
// payments in MariaDB, beside a page without a list, and how fast all of them are
// exported. Run it with -benchtime 1x.
func BenchmarkPages(b *testing.B) {
	binary := build(b)
	for b.Loop() {
		cfg := Default()
		cfg.Binary, cfg.Dir, cfg.day = binary, b.TempDir(), true
		own := durableOwn(b)
		for _, of := range []string{"innodb_buffer_pool_size = 2147483648", "innodb_log_file_size = 1073741824", "innodb_io_capacity = 2000"} {
			own.Admin("SET GLOBAL " + of) // as on a server for so many payments
		}
		cfg.Database = own.URL()
		in, err := install(b.Context(), cfg)
		b.Cleanup(func() { _ = in.close() })
		if err != nil {
			b.Fatal(err)
		}
		c := newConsole(b, in, cfg)
		c.pids = func() []int { return []int{in.platform.cmd.Process.Pid, own.PID()} }
		in.fillLists(b, cfg, own, c)
		c.browse(b, in)
		for _, format := range []string{"csv", "xlsx"} {
			c.export(b, in, format, int64(pagesPayments(b))*97/100)
		}
	}
}
