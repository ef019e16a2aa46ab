package alipay

import (
	"errors"
	"io"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// summaryTotal begins the summary's last row, that of all stores.
const summaryTotal = "合计"

// summaryRow opens the summary beside the details and returns its last row.
func summaryRow(s channel.BillSource, e *billfile.Entry) (*billText, []string, error) {
	file, err := e.Open()
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	text := newBillText(file, billfile.Limit(s))
	cells, err := text.total(s)
	var broken *channel.BillError
	if errors.As(err, &broken) {
		broken.Detail = e.Name + ": " + broken.Detail
	}
	return text, cells, err
}

// total reads to the end, so that the checksum is checked, and returns the row
// of all stores.
func (t *billText) total(s channel.BillSource) ([]string, error) {
	var total string
	for {
		line, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch text := note(line); {
		case strings.HasPrefix(text, "#账号"):
			err = t.owner(s, text)
		case strings.HasPrefix(text, "#起始日期"):
			err = t.period(s.Day, text)
		case text == "" || text[0] == '#':
		case t.columns.Len() == 0:
			err = t.names(line, true)
		case strings.HasPrefix(strings.TrimLeft(text, ",\t "), summaryTotal):
			total = line
		}
		if err != nil {
			return nil, err
		}
	}
	if total == "" {
		return nil, t.broken(channel.BillSummaryMissing, "no row "+summaryTotal)
	}
	return t.split(total)
}

// tradeSummary takes the fees' total from the summary, and its counts where they
// are not those of the rows: the details' own last lines may still agree with
// the rows when the summary does not.
func tradeSummary(s channel.BillSource, e *billfile.Entry, totals *channel.BillTotals) error {
	text, cells, err := summaryRow(s, e)
	if err != nil {
		return err
	}
	said := &totals.Stated
	for _, c := range []struct {
		name         string
		said, summed *int64
	}{
		{"交易订单总笔数", &said.Payments, &totals.Summed.Payments},
		{"退款订单总笔数", &said.Refunds, &totals.Summed.Refunds},
	} {
		column := text.columns.Find(c.name)
		if column < 0 {
			continue
		}
		n, ok := billfile.Count(cells[column])
		if !ok {
			return text.broken(channel.BillSummary, billfile.Found(e.Name+": "+c.name, cells[column]))
		}
		if n != *c.summed {
			*c.said = n
		}
	}
	column := text.columns.Find("服务费(元)")
	if column < 0 {
		return nil
	}
	fee, ok := billfile.Millifen(cells[column])
	if !ok {
		return text.broken(channel.BillSummary, billfile.Found(e.Name+": 服务费", cells[column]))
	}
	said.Fee = app.Millifen(-1) * fee
	totals.Says = append(totals.Says, channel.SumFee)
	return nil
}
