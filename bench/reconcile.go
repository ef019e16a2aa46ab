package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
	"github.com/piaohao/piaohao/app/reconcile/match"
	"github.com/piaohao/piaohao/sql"
)

// reconciliation is one measured day: as many lines in a WeChat bill as records
// in the books, but for a few of each that the other side does not have.
type reconciliation struct {
	lines          int
	parse, all     time.Duration // medians
	peak           int64         // resident bytes of this process while reconciling, 0 where unknown
	result         int64         // bytes of the result file
	planted, found int64
}

func (m reconciliation) perSecond() float64 { return float64(m.lines) / m.all.Seconds() }
func (m reconciliation) ratio() float64     { return m.parse.Seconds() / m.all.Seconds() }

// measureReconciliation reconciles two days, the second with ten times the lines
// of the first. Reading the bill alone and reconciling it take turns.
func measureReconciliation(ctx context.Context, cfg Config, r *report) (err error) {
	if cfg.Lines == 0 {
		return nil
	}
	d, err := db.Open(ctx, db.Config{URL: cfg.Scratch})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.Migrate(ctx, sql.Platform()); err != nil {
		return err
	}
	var days []reconciliation
	for i, lines := range []int{cfg.Lines / 10, cfg.Lines} {
		m, err := measureDay(ctx, cfg, d, billedDay{day: app.Day("2026-11-23").Add(i), lines: lines})
		if err != nil {
			return err
		}
		days = append(days, m)
	}
	r.reconciliation(days[0], days[1])
	return nil
}

func measureDay(ctx context.Context, cfg Config, d *db.DB, day billedDay) (m reconciliation, err error) {
	if err := day.book(ctx, d); err != nil {
		return m, fmt.Errorf("fill the books: %w", err)
	}
	path := filepath.Join(cfg.Dir, "bill.csv.gz")
	if err := day.write(path); err != nil {
		return m, fmt.Errorf("write the bill: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return m, err
	}
	source := channel.BillSource{Bytes: file, Size: info.Size(), Format: channel.BillGzip, Day: day.day, Identity: billedIdentity}
	var parses, runs []time.Duration
	for range cfg.Rounds {
		start := time.Now()
		if err := readBill(source, func(*channel.BillLine) error { return nil }); err != nil {
			return m, err
		}
		parses = append(parses, time.Since(start))
		peak := watchPeak()
		start = time.Now()
		if m, err = reconcileDay(ctx, cfg, d, day, source); err != nil {
			return m, err
		}
		runs = append(runs, time.Since(start))
		m.peak = peak()
	}
	slices.Sort(parses)
	slices.Sort(runs)
	m.parse, m.all = parses[len(parses)/2], runs[len(runs)/2]
	if m.found != m.planted {
		return m, fmt.Errorf("%d differences were planted and %d found", m.planted, m.found)
	}
	return m, os.Remove(path)
}

func readBill(s channel.BillSource, yield func(*channel.BillLine) error) error {
	_, err := wechat.New(nil, app.SystemClock{}).ReadTrades(s, yield)
	return err
}

// reconcileDay matches the bill with the books in the database and writes the
// result file.
func reconcileDay(ctx context.Context, cfg Config, d *db.DB, day billedDay, source channel.BillSource) (m reconciliation, err error) {
	result, err := os.Create(filepath.Join(cfg.Dir, "result"))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, result.Close(), os.Remove(result.Name())) }()
	service := payments.New(payments.Config{DB: d})
	q := payments.BooksQuery{MerchantID: billedMerchant, Mode: app.Live, Channel: app.WeChat, Identity: billedIdentity, Day: day.day}
	books := func(ctx context.Context, yield func(*match.Record) error) error {
		var r match.Record
		return service.Books(ctx, q, func(b *payments.BookRecord) error {
			r = recordOf(b)
			return yield(&r)
		})
	}
	lines := func(_ context.Context, yield func(*channel.BillLine) error) error { return readBill(source, yield) }
	lookup := func(ctx context.Context, numbers []string) ([]match.Record, error) {
		found, err := service.BooksByNumber(ctx, q, numbers)
		out := make([]match.Record, len(found))
		for i := range found {
			out[i] = recordOf(&found[i])
		}
		return out, err
	}
	out, err := match.Run(ctx, match.Config{Day: day.day, Dir: cfg.Dir, Result: result}, books, lines, lookup, func(*match.Item) error { return nil })
	if err != nil {
		return m, err
	}
	info, err := result.Stat()
	if err != nil {
		return m, err
	}
	return reconciliation{lines: day.lines, result: info.Size(), planted: day.planted(), found: out.All.Exceptions()}, nil
}

func recordOf(b *payments.BookRecord) match.Record {
	return match.Record{
		Kind: b.Kind, Number: b.Number, ChannelNo: b.ChannelNo, AttemptID: b.AttemptID, PaymentID: b.PaymentID, RefundID: b.RefundID, AccountID: b.AccountID,
		State: match.State(b.State), Amount: b.Amount, Settlement: b.Settlement, At: b.At, DoneAt: b.DoneAt, Reversed: b.Reversed, Recovered: b.Recovered,
		ContractRate: billedRate, HasContractRate: true,
	}
}

// watchPeak forgets the process's highest resident memory and returns what reads
// it again: 0 where the system does not tell.
func watchPeak() func() int64 {
	runtime.GC()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil {
		return func() int64 { return 0 }
	}
	return func() int64 {
		_, most, err := residentOf(os.Getpid())
		if err != nil {
			return 0
		}
		return most
	}
}
