package exports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// whole is a progress of everything.
const whole = 1000

// progress is how far a file is, shared with whoever notes it.
type progress struct{ rows, done atomic.Int64 }

func (p *progress) read() (rows, done int64) { return p.rows.Load(), p.done.Load() }

// writer is a file of either format being written, row by row.
type writer interface {
	row(row []any) error
	// end writes what is left, a spreadsheet's totals among it.
	end(totals []any) error
	close()
}

// write writes the export's file.
func (s *Service) write(ctx context.Context, e Export, p *progress, to io.Writer) error {
	source := s.Sources[e.Kind]
	if source == nil {
		return app.Errorf(app.Internal, "no list is of the kind %q", e.Kind)
	}
	table, err := source.Open(ctx, e)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	out, err := s.begin(e.Format, table, to)
	if err != nil {
		return err
	}
	defer out.close()
	pieces, stop := ahead(ctx, table)
	defer stop()
	for piece := range pieces {
		if piece.err != nil && !errors.Is(piece.err, io.EOF) {
			return fmt.Errorf("read on after %d rows: %w", p.rows.Load(), piece.err)
		}
		for _, r := range piece.rows {
			if err := out.row(r); err != nil {
				return fmt.Errorf("write a row: %w", err)
			}
		}
		p.rows.Add(int64(len(piece.rows)))
		p.done.Store(min(piece.progress, whole))
		if piece.err != nil {
			return out.end(table.Totals())
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// piece is what one call of Next gave.
type piece struct {
	rows     [][]any
	progress int64
	err      error // io.EOF with the last
}

// ahead reads the table in a goroutine of its own, so that one piece is read
// while the one before it is written; no more are held. stop ends it and waits.
func ahead(ctx context.Context, table Table) (pieces <-chan piece, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan piece)
	go func() {
		defer close(out)
		for {
			rows, err := table.Next(ctx)
			select {
			case out <- piece{rows, table.Progress(), err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out, func() {
		cancel()
		for range out {
		}
	}
}

func (s *Service) begin(format Format, table Table, to io.Writer) (writer, error) {
	if format == CSV {
		out, err := report.NewCSV(to, table.Columns())
		return csvWriter{out}, err
	}
	book, err := report.NewBook(s.Dir)
	if err != nil {
		return nil, err
	}
	sheet, err := book.Sheet(table.Sheet(), table.Columns())
	if err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return bookWriter{book, sheet, to}, nil
}

type csvWriter struct{ out *report.CSV }

func (w csvWriter) row(row []any) error { return w.out.Row(row) }

// end leaves the totals out: what reads a CSV adds up by itself.
func (w csvWriter) end([]any) error { return w.out.Close() }
func (w csvWriter) close()          {}

type bookWriter struct {
	book  *report.Book
	sheet *report.Sheet
	to    io.Writer
}

func (w bookWriter) row(row []any) error { return w.sheet.Row(row) }

func (w bookWriter) end(totals []any) error {
	if err := w.sheet.Close(totals); err != nil {
		return err
	}
	return w.book.Write(w.to)
}

// close removes temporary files, which nobody misses.
func (w bookWriter) close() { _ = w.book.Close() }
