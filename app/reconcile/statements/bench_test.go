package statements_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// BenchmarkFile makes the spreadsheet of a day; a million lines with
//
//	go test ./app/reconcile/statements -run '^$' -bench File/1000000 -benchtime 1x
func BenchmarkFile(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		for _, format := range []statements.Format{statements.CSV, statements.XLSX} {
			b.Run(fmt.Sprintf("%d/%s", n, format), func(b *testing.B) {
				r := bench(b)
				run := r.identity("wechat", "1600000001", "acct_A")
				r.reconcile(run, lot{"acct_A", day, n * 10 / 11})
				id := r.day(day).Rows[0].Statements[0].ID
				r.SmallLines = 1 << 40
				b.ResetTimer()
				var size int64
				for i := range b.N {
					// Another language is another file.
					got, err := r.File(r.ctx, r.scope, id, format, statements.Locales[i%2], maker)
					r.must(err)
					size = got.Body.Size()
					_, err = io.Copy(io.Discard, io.NewSectionReader(got.Body, 0, size))
					r.must(err)
					_ = got.Body.Close()
					_, err = r.db.Exec(r.ctx, `DELETE FROM exports WHERE merchant_id = ?`, r.scope.MerchantID)
					r.must(err)
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
				b.ReportMetric(float64(size), "bytes")
			})
		}
	}
}
