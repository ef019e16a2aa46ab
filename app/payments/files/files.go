// Package files reads lists of payments and refunds as the tables of exports: the
// columns in their order, in the words of finance, with what the page above the
// list sums as the last row.
package files

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// The kinds of lists that can be exported.
const (
	Payments = "payments"
	Refunds  = "refunds"
)

// Accounts names a merchant's channel accounts.
type Accounts interface {
	Accounts(ctx context.Context, f merchants.AccountFilter) ([]merchants.Account, error)
}

// Sources are the sources of this package's kinds.
func Sources(p *payments.Service, a Accounts) map[string]exports.Source {
	return map[string]exports.Source{Payments: paymentSource{p, a}, Refunds: refundSource{p, a}}
}

// PaymentParams writes the filter of a list of payments as an export keeps it.
func PaymentParams(f payments.Browse) (string, error) { return params(f) }

// RefundParams is PaymentParams for refunds.
func RefundParams(f payments.RefundBrowse) (string, error) { return params(f) }

func params(f any) (string, error) {
	b, err := json.Marshal(f)
	return string(b), err
}

func readParams(e exports.Export, into any) error {
	if err := json.Unmarshal([]byte(e.Params), into); err != nil {
		return app.Errorf(app.Internal, "read the filter of %s: %w", e.ID, err)
	}
	return nil
}

// names are what ids are called in a file.
func names(ctx context.Context, a Accounts, e exports.Export) (map[string]string, error) {
	list, err := a.Accounts(ctx, merchants.AccountFilter{MerchantID: e.MerchantID, Mode: e.Mode, Limit: 500})
	out := map[string]string{}
	for _, account := range list {
		out[account.ID] = account.Name
	}
	return out, err
}

// table is what both kinds have in common: pieces of rows, and the way from the
// newest possible id down to the oldest.
type table struct {
	sheet    string
	columns  []report.Column
	first    app.Millis // where the reading begins
	last     app.Millis // where it ends, 0 when that is not known
	progress int64
	pull     func(ctx context.Context) (rows [][]any, at string, more bool, err error)
	totals   func() []any
}

// Sheet implements exports.Table.
func (t *table) Sheet() string { return t.sheet }

// Columns implements exports.Table.
func (t *table) Columns() []report.Column { return t.columns }

// Progress implements exports.Table: ids carry their time, so the id that the
// reading has come to says how far it is.
func (t *table) Progress() int64 { return t.progress }

// Totals implements exports.Table.
func (t *table) Totals() []any { return t.totals() }

// Next implements exports.Table.
func (t *table) Next(ctx context.Context) ([][]any, error) {
	rows, at, more, err := t.pull(ctx)
	if err != nil {
		return nil, err
	}
	if !more {
		return rows, io.EOF
	}
	if made, ok := app.IDTime(at); ok && t.first > t.last && t.last > 0 {
		t.progress = max(0, min(1000, int64(t.first-app.ToMillis(made))*1000/int64(t.first-t.last)))
	}
	return rows, nil
}

// clock writes a time in UTC+8 to the second, "" for none.
func clock(m app.Millis) string {
	if m == 0 {
		return ""
	}
	return m.Time().In(app.Beijing).Format("2006-01-02 15:04:05 -07:00")
}

// earliest is where a span that ends at until begins when nothing says so.
func earliest(from, to, until app.Millis) (first, last app.Millis) {
	first = until
	if to != 0 && to < until {
		first = to
	}
	if from == 0 {
		from = first.Add(-30 * 24 * time.Hour)
	}
	return first, from
}

// maybe is an amount, or an empty cell where there is none.
func maybe(is bool, m app.Money) any {
	if !is {
		return nil
	}
	return m
}
