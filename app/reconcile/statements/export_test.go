package statements_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

func TestALargeFileIsMadeByAJob(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		run := r.identity("wechat", "1600000001", "acct_A")
		o := r.reconcile(run, lot{"acct_A", day, 50})
		o.Lines = 1_000_000
		r.must(r.end(run, o))
		id := r.day(day).Rows[0].Statements[0].ID
		got, raw := r.file(id, statements.XLSX, "zh-CN")
		if raw != nil || got.Export.Status != statements.ExportQueued || len(r.audited(id)) != 0 {
			t.Fatalf("%+v", got)
		}
		if _, _, err := r.OpenExport(r.ctx, r.scope, got.Export.ID, maker); reason(err) != "export_not_ready" {
			t.Errorf("%v", err)
		}
		n, err := r.ExportDue(r.ctx)
		if err != nil || n != 1 {
			t.Fatalf("%d made, %v", n, err)
		}
		if got, raw = r.file(id, statements.XLSX, "zh-CN"); raw == nil || got.Export.Status != statements.ExportDone || got.Export.Size != int64(len(raw)) {
			t.Errorf("%+v", got.Export)
		}
		other := r.scope
		other.Mode = app.Live
		if _, err := r.Export(r.ctx, other, got.Export.ID); !app.Is(err, app.NotFound) {
			t.Errorf("of the other mode: %v", err)
		}
		if _, err := r.File(r.ctx, other, id, statements.XLSX, "zh-CN", maker); reason(err) != "statement_not_found" {
			t.Errorf("of the other mode: %v", err)
		}
		// Other figures are another file.
		r.reconcile(run, lot{"acct_A", day, 60})
		if again, raw := r.file(id, statements.XLSX, "zh-CN"); raw == nil || again.Export.ID == got.Export.ID {
			t.Errorf("the old file of new figures: %+v", again.Export)
		}
	})
}

// brittle is an archive whose Put fails as often as it is told.
type brittle struct {
	archive.Store
	failures int
}

func (b *brittle) Put(ctx context.Context, write func(io.Writer) error) (archive.File, error) {
	if b.failures > 0 {
		b.failures--
		return archive.File{}, errors.New("the disk is full")
	}
	return b.Store.Put(ctx, write)
}

func TestAnExportThatFailsIsTriedAgainAndThenGivenUp(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	o := r.reconcile(run, lot{"acct_A", day, 20})
	o.Lines = 1_000_000
	r.must(r.end(run, o))
	store := &brittle{Store: r.archive, failures: 4}
	r.Service.Archive = store
	id := r.day(day).Rows[0].Statements[0].ID
	got, _ := r.file(id, statements.CSV, "en")
	for range 4 {
		r.clock.set(r.clock.Now().Add(time.Hour))
		if n, err := r.ExportDue(r.ctx); n != 0 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	e, err := r.Export(r.ctx, r.scope, got.Export.ID)
	r.must(err)
	if e.Status != statements.ExportFailed || e.Error != "the disk is full" {
		t.Errorf("%+v", e)
	}
	// Asking again tries again.
	if again, _ := r.file(id, statements.CSV, "en"); again.Export.Status != statements.ExportQueued {
		t.Errorf("%+v", again.Export)
	}
	if n, err := r.ExportDue(r.ctx); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestALargeFileIsMadeInBoundedMemory(t *testing.T) {
	r := lite(t)
	run := r.identity("wechat", "1600000001", "acct_A")
	r.reconcile(run, lot{"acct_A", day, 60_000})
	id := r.day(day).Rows[0].Statements[0].ID
	r.Service.SmallLines = 1
	asked, _ := r.file(id, statements.XLSX, "zh-CN")
	peak := watch(t, func() {
		if n, err := r.ExportDue(r.ctx); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	})
	e, err := r.Export(r.ctx, r.scope, asked.Export.ID)
	r.must(err)
	t.Logf("%d bytes, %d MiB of heap at most", e.Size, peak>>20)
	if peak > 96<<20 {
		t.Errorf("66,000 lines took %d MiB of heap", peak>>20)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "excelize-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// watch samples the heap while f runs, and returns how much it grew at most.
func watch(t *testing.T, f func()) int64 {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base, peak := int64(m.HeapInuse), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, int64(m.HeapInuse)-base)
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak
}
