package files_test

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

// BenchmarkExport exports payments from MariaDB, and tells the rows a second and
// the most memory that the process had resident meanwhile:
//
//	go test ./app/payments/files -run '^$' -bench Export -benchtime 1x -timeout 30m
//
// EXPORT_ROWS says how many; a million where it does not.
func BenchmarkExport(b *testing.B) {
	n := 1_000_000
	if text := os.Getenv("EXPORT_ROWS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	d := dbtest.OpenMySQL(b)
	clock := app.SystemClock{}
	scope := payments.Scope{MerchantID: "mch_01J0000000000000000000000A", Mode: app.Live}
	begin := time.Now().Add(-25 * 24 * time.Hour)
	if err := paymentstest.Fill(b.Context(), d, scope, begin, 24*24*time.Hour/time.Duration(n), n, nil); err != nil {
		b.Fatal(err)
	}
	shelf, err := archive.NewFolder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	accounts := merchants.New(d, nil, audit.New(d, make([]byte, 32), clock), clock)
	s := exports.New(exports.Config{
		DB: d, Audit: audit.New(d, make([]byte, 32), clock), Shelf: shelf, Logger: slog.New(slog.DiscardHandler),
		Sources: files.Sources(payments.New(payments.Config{DB: d}), accounts), Dir: b.TempDir(), Owner: "srv_bench",
	})
	for _, format := range []exports.Format{exports.CSV, exports.XLSX} {
		b.Run(fmt.Sprintf("%d/%s", n, format), func(b *testing.B) {
			var e exports.Export
			debug.FreeOSMemory()
			if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // VmHWM begins anew
				b.Fatal(err)
			}
			for i := range b.N {
				e, err = s.Ask(b.Context(), exports.Request{Scope: exports.Scope(scope), Kind: files.Payments, Params: "{}", Query: strconv.Itoa(i), Format: format, Locale: "zh-CN", Name: "payments", By: asker})
				if err != nil {
					b.Fatal(err)
				}
				if made, err := s.RunDue(b.Context()); err != nil || made != 1 {
					b.Fatalf("%d made, %v", made, err)
				}
			}
			if e, err = s.Get(b.Context(), exports.Scope(scope), files.Payments, e.ID); err != nil || e.Rows != int64(n) {
				b.Fatalf("%+v, %v", e, err)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(e.Size), "bytes")
			b.ReportMetric(float64(peakMiB(b)), "MiB-peak")
		})
	}
}

// peakMiB is the most memory that this process had resident since VmHWM began anew.
func peakMiB(b *testing.B) int {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return kib >> 10
}
