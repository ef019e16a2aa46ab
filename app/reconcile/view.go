package reconcile

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// BillPage is a part of an original's text.
type BillPage struct {
	Bill  Bill
	Lines []TextLine
	// More says that the text goes on behind the last line.
	More bool
}

// TextLine is one line of an original, counted from 1.
type TextLine struct {
	Row  int
	Text string // without its end, at most 8 KiB of it
}

const (
	maxPage     = 500
	maxTextLine = 8 << 10
)

// BillPage shows up to limit lines of an original's unpacked text, those after
// the row: 0 begins with the first. The bytes are verified first. Errors:
// NotFound; Invalid for a limit outside 1 to 500; Conflict with reason
// bill_unreadable when they cannot be unpacked.
func (s *Service) BillPage(ctx context.Context, scope payments.Scope, billID string, afterRow, limit int) (BillPage, error) {
	if limit < 1 || limit > maxPage {
		return BillPage{}, app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxPage)
	}
	b, blob, err := s.original(ctx, scope, billID)
	if err != nil {
		return BillPage{}, err
	}
	defer func() { _ = blob.Close() }()
	row, err := s.store.row(ctx, s.DB, scope, b.RunID)
	if err != nil {
		return BillPage{}, err
	}
	viewer, ok := s.Channels.Reader(row.Channel).(channel.BillViewer)
	if !ok {
		return BillPage{}, app.Errorf(app.Internal, "nothing shows the bills of %s", row.Channel)
	}
	page := BillPage{Bill: b}
	text, err := viewer.BillText(channel.BillSource{Bytes: blob, Size: blob.Size(), Format: b.Format, Day: row.Day, Identity: row.Identity, SubIdentity: row.SubIdentity})
	if err == nil {
		page.Lines, page.More, err = linesAfter(ctx, text, afterRow, limit)
		err = errors.Join(err, text.Close())
	}
	var file *channel.BillError
	if errors.As(err, &file) {
		if len(page.Lines) > 0 {
			return page, nil // as far as it can be read
		}
		return page, app.Errorf(app.Conflict, "the file cannot be unpacked: %w", err).WithReason("bill_unreadable")
	}
	return page, err
}

// linesAfter reads the lines after a row.
func linesAfter(ctx context.Context, text io.Reader, after, limit int) (lines []TextLine, more bool, err error) {
	r := bufio.NewReaderSize(text, 64<<10)
	for row := 1; ; row++ {
		line, err := readLine(r, row > after)
		if row%1024 == 0 && ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		if errors.Is(err, io.EOF) && line == "" {
			return lines, false, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return lines, false, err
		}
		if row <= after {
			continue
		}
		if len(lines) == limit {
			return lines, true, nil
		}
		lines = append(lines, TextLine{row, strings.TrimPrefix(line, "\ufeff")})
	}
}

// readLine reads a line of any length, and keeps its beginning where it is wanted.
func readLine(r *bufio.Reader, wanted bool) (string, error) {
	var kept strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		if room := maxTextLine - kept.Len(); wanted && room > 0 {
			kept.Write(part[:min(len(part), room)])
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if !wanted && err == nil {
			return "", nil
		}
		return strings.ToValidUTF8(strings.TrimRight(kept.String(), "\r\n"), "\uFFFD"), err
	}
}
