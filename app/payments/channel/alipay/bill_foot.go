package alipay

import (
	"errors"
	"io"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// foot reads the lines after the rows, of which after is the first: the end of
// the list, and each of the totals once. Nothing but lines beginning with # may
// follow.
func (t *billText) foot(after string, totals map[string]func(line string) bool) error {
	if !strings.Contains(after, "列表结束") {
		return t.broken(channel.BillSummaryMissing, "no end of the list")
	}
	for {
		line, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if line = note(line); line != "" && line[0] != '#' {
			return t.broken(channel.BillAfterSummary, "a row after the end of the list")
		}
		label, _, _ := strings.Cut(strings.Replace(line, ":", "：", 1), "：")
		read, wanted := totals[label]
		if !wanted {
			continue
		}
		if !read(line) {
			return t.broken(channel.BillSummary, line)
		}
		delete(totals, label)
	}
	for label := range totals {
		return t.broken(channel.BillSummaryMissing, "no line "+label)
	}
	return nil
}

// counted reads "…：12笔" of a total's line.
func counted(line string, into *int64) bool {
	_, rest, ok := strings.Cut(strings.Replace(line, ":", "：", 1), "：")
	if !ok {
		return false
	}
	count, _, ok := strings.Cut(rest, "笔")
	if !ok {
		return false
	}
	*into, ok = billfile.Count(strings.TrimSpace(count))
	return ok
}

// summed reads "…共-1.20元" behind a word of a total's line, as it is signed.
func summed(line, word string, into *app.Money) bool {
	_, rest, ok := strings.Cut(line, word)
	if !ok {
		return false
	}
	amount, _, ok := strings.Cut(rest, "元")
	if !ok {
		return false
	}
	*into, ok = billfile.Fen(strings.TrimSpace(amount))
	return ok
}
