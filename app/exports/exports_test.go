package exports_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// clock is a clock that tests move.
type clock struct{ at atomic.Int64 }

func (c *clock) Now() time.Time { return time.UnixMilli(c.at.Load()) }

func (c *clock) advance(d time.Duration) { c.at.Add(d.Milliseconds()) }

// numbers is a list of numbers: n rows in pieces, with whatever a test wants to
// happen before a piece.
type numbers struct {
	n      int
	before func(ctx context.Context, at int) error
}

func (s *numbers) Open(context.Context, exports.Export) (exports.Table, error) {
	return &counting{numbers: s}, nil
}

type counting struct {
	*numbers
	at  int
	sum app.Money
}

func (c *counting) Sheet() string { return "Numbers" }

func (c *counting) Columns() []report.Column {
	return []report.Column{{Title: "Name", Width: 20}, {Title: "Amount", Kind: report.Money, Width: 12}}
}

func (c *counting) Next(ctx context.Context) ([][]any, error) {
	if c.before != nil {
		if err := c.before(ctx, c.at); err != nil {
			return nil, err
		}
	}
	var rows [][]any
	for ; len(rows) < 1000 && c.at < c.n; c.at++ {
		rows = append(rows, []any{fmt.Sprintf("row %d", c.at), app.Money(c.at)})
		c.sum += app.Money(c.at)
	}
	if c.at == c.n {
		return rows, io.EOF
	}
	return rows, nil
}

func (c *counting) Progress() int64 { return int64(c.at) * 1000 / int64(max(c.n, 1)) }

func (c *counting) Totals() []any { return []any{"Total", c.sum} }

// stand is a database with two servers over it.
type stand struct {
	*testing.T
	ctx    context.Context
	clock  *clock
	source *numbers
	a, b   *exports.Service
	scope  exports.Scope
}

func each(t *testing.T, f func(s *stand)) {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC).UnixMilli())
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(newStand(t, d, c)) }, dbtest.WithClock(c))
}

func newStand(t *testing.T, d *db.DB, c *clock) *stand {
	t.Helper()
	shelf, err := archive.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{T: t, ctx: context.Background(), clock: c, source: &numbers{n: 2500}, scope: exports.Scope{MerchantID: "mch_01J0000000000000000000000A", Mode: app.Test}}
	server := func(owner string) *exports.Service {
		return exports.New(exports.Config{
			DB: d, Audit: audit.New(d, make([]byte, 32), c), Shelf: shelf, Logger: slog.New(slog.DiscardHandler),
			Sources: map[string]exports.Source{"numbers": s.source}, Dir: t.TempDir(), Owner: owner,
		})
	}
	s.a, s.b = server("srv_a"), server("srv_b")
	return s
}

var asker = approvals.Person{Kind: approvals.ByUser, ID: "usr_1", Name: "finance@example.com"}

func (s *stand) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stand) ask(format exports.Format) exports.Export {
	s.Helper()
	e, err := s.a.Ask(s.ctx, exports.Request{Scope: s.scope, Kind: "numbers", Params: "{}", Query: "q=" + string(format), Format: format, Locale: "en", Name: "numbers", By: asker})
	s.must(err)
	return e
}

func (s *stand) is(id string) exports.Export {
	s.Helper()
	e, err := s.a.Get(s.ctx, s.scope, "numbers", id)
	s.must(err)
	return e
}

func (s *stand) text(id string) string {
	s.Helper()
	_, blob, err := s.b.Open(s.ctx, s.scope, "numbers", id, asker)
	s.must(err)
	defer blob.Close()
	b, err := io.ReadAll(io.NewSectionReader(blob, 0, blob.Size()))
	s.must(err)
	return string(b)
}

func TestAnExportOfAKilledServerIsMadeByAnother(t *testing.T) {
	each(t, func(s *stand) {
		s.a.NoteEvery(time.Hour) // it says nothing any more, as after kill -9
		hung, free := make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		s.source.before = func(_ context.Context, at int) error {
			if at == 1000 && first.CompareAndSwap(false, true) {
				close(hung)
				<-free
			}
			return nil
		}
		e := s.ask(exports.CSV)
		ended := make(chan error, 1)
		go func() { _, err := s.a.RunDue(s.ctx); ended <- err }()
		<-hung
		if n, err := s.b.RunDue(s.ctx); err != nil || n != 0 {
			s.Fatalf("another server took what is under way: %d, %v", n, err)
		}
		s.clock.advance(time.Minute)
		if n, err := s.b.RunDue(s.ctx); err != nil || n != 1 {
			s.Fatalf("nobody went on: %d, %v", n, err)
		}
		done := s.is(e.ID)
		if done.Status != exports.Done || done.Rows != 2500 || done.Progress != 1000 || done.Tries != 2 {
			s.Errorf("%+v", done)
		}
		close(free) // the first was not dead after all: its word no longer counts
		s.must(<-ended)
		if again := s.is(e.ID); again != done {
			s.Errorf("the late server changed it: %+v", again)
		}
		if text := s.text(e.ID); strings.Count(text, "\r\n") != 2501 || !strings.Contains(text, "row 2499,24.99\r\n") {
			s.Errorf("the file has %d lines", strings.Count(text, "\r\n"))
		}
	})
}

func TestACancelledExportStops(t *testing.T) {
	each(t, func(s *stand) {
		s.a.NoteEvery(5 * time.Millisecond)
		begun := make(chan struct{})
		s.source.before = func(ctx context.Context, at int) error {
			if at != 1000 {
				return nil
			}
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		}
		e := s.ask(exports.XLSX)
		ended := make(chan error, 1)
		go func() { _, err := s.a.RunDue(s.ctx); ended <- err }()
		<-begun
		s.must(s.b.Cancel(s.ctx, s.scope, "numbers", e.ID, asker))
		s.must(<-ended)
		if got := s.is(e.ID); got.Status != exports.Cancelled || got.SHA256 != "" {
			s.Errorf("%+v", got)
		}
		if n, err := s.b.RunDue(s.ctx); err != nil || n != 0 {
			s.Errorf("a cancelled export was made: %d, %v", n, err)
		}
		s.must(s.b.Cancel(s.ctx, s.scope, "numbers", e.ID, asker)) // again changes nothing
	})
}

func TestAnExportThatFailsIsTriedAgainAndThenGivenUp(t *testing.T) {
	each(t, func(s *stand) {
		s.source.before = func(context.Context, int) error { return errors.New("the database is gone") }
		e := s.ask(exports.CSV)
		for try, wait := range []time.Duration{10 * time.Second, time.Minute} {
			_, err := s.a.RunDue(s.ctx)
			s.must(err)
			if got := s.is(e.ID); got.Status != exports.Queued || got.Tries != int64(try+1) || !strings.Contains(got.Error, "the database is gone") {
				s.Fatalf("after try %d: %+v", try+1, got)
			}
			s.clock.advance(wait)
		}
		_, err := s.b.RunDue(s.ctx)
		s.must(err)
		if got := s.is(e.ID); got.Status != exports.Failed || got.FinishedAt == 0 {
			s.Fatalf("%+v", got)
		}
		s.source.before = nil
		s.must(s.a.Retry(s.ctx, s.scope, "numbers", e.ID, asker))
		_, err = s.b.RunDue(s.ctx)
		s.must(err)
		if got := s.is(e.ID); got.Status != exports.Done || got.Error != "" {
			s.Errorf("%+v", got)
		}
	})
}

func TestAServerThatShutsDownHandsItsExportOnAtOnce(t *testing.T) {
	each(t, func(s *stand) {
		ctx, stop := context.WithCancel(s.ctx)
		s.source.before = func(_ context.Context, at int) error {
			if at == 1000 {
				stop()
			}
			return nil
		}
		e := s.ask(exports.CSV)
		if _, err := s.a.RunDue(ctx); !errors.Is(err, context.Canceled) {
			s.Fatalf("%v", err)
		}
		if got := s.is(e.ID); got.Status != exports.Queued || got.Tries != 0 {
			s.Fatalf("%+v", got)
		}
		s.source.before = nil
		if n, err := s.b.RunDue(s.ctx); err != nil || n != 1 {
			s.Errorf("%d, %v", n, err)
		}
	})
}

func TestAFileThatExpiresTakesNoOtherWithIt(t *testing.T) {
	each(t, func(s *stand) {
		first := s.ask(exports.CSV)
		_, err := s.a.RunDue(s.ctx)
		s.must(err)
		s.clock.advance(24 * time.Hour)
		second := s.ask(exports.CSV)
		_, err = s.a.RunDue(s.ctx)
		s.must(err)
		if s.is(first.ID).SHA256 != s.is(second.ID).SHA256 || first.ID == second.ID {
			s.Fatal("the two files were to hold the same bytes")
		}
		s.clock.advance(exports.Kept - 24*time.Hour)
		if n, err := s.b.ExpireDue(s.ctx); err != nil || n != 1 {
			s.Fatalf("%d expired, %v", n, err)
		}
		if got := s.is(first.ID); got.Status != exports.Expired {
			s.Errorf("%+v", got)
		}
		if _, _, err := s.a.Open(s.ctx, s.scope, "numbers", first.ID, asker); !app.Is(err, app.Conflict) {
			s.Errorf("the expired file opens: %v", err)
		}
		s.text(second.ID)
		if n, err := s.b.ExpireDue(s.ctx); err != nil || n != 0 {
			s.Errorf("%d expired again, %v", n, err)
		}
	})
}

func TestAnotherScopesExportDoesNotExist(t *testing.T) {
	each(t, func(s *stand) {
		e := s.ask(exports.CSV)
		for _, scope := range []exports.Scope{{MerchantID: "mch_01J0000000000000000000000B", Mode: app.Test}, {MerchantID: s.scope.MerchantID, Mode: app.Live}} {
			_, err := s.a.Get(s.ctx, scope, "numbers", e.ID)
			_, _, opened := s.a.Open(s.ctx, scope, "numbers", e.ID, asker)
			for _, err := range []error{err, opened, s.a.Cancel(s.ctx, scope, "numbers", e.ID, asker), s.a.Retry(s.ctx, scope, "numbers", e.ID, asker)} {
				if !app.Is(err, app.NotFound) {
					s.Errorf("%+v: %v", scope, err)
				}
			}
			if list, err := s.a.List(s.ctx, scope, []string{"numbers"}, ""); err != nil || len(list) != 0 {
				s.Errorf("%d are listed, %v", len(list), err)
			}
		}
		if _, err := s.a.Get(s.ctx, s.scope, "letters", e.ID); !app.Is(err, app.NotFound) {
			s.Errorf("another kind's export: %v", err)
		}
	})
}

func TestALargeExportIsMadeInBoundedMemory(t *testing.T) {
	s := newStand(t, dbtest.OpenSQLite(t), &clock{})
	s.source.n = 150_000
	for _, format := range []exports.Format{exports.CSV, exports.XLSX} {
		e := s.ask(format)
		var peak, most atomic.Uint64
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		s.source.before = func(_ context.Context, at int) error {
			if at%10_000 == 0 {
				runtime.GC()
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak.Store(max(peak.Load(), now.HeapAlloc))
				most.Store(uint64(at))
			}
			return nil
		}
		_, err := s.a.RunDue(s.ctx)
		s.must(err)
		if got := s.is(e.ID); got.Status != exports.Done || got.Rows != 150_000 || most.Load() < 140_000 {
			s.Fatalf("%+v", got)
		}
		if grown := int64(peak.Load()) - int64(before.HeapAlloc); grown > 48<<20 {
			s.Errorf("%s took %d MiB of memory", format, grown>>20)
		}
	}
}
