package files

import (
	"context"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

type paymentSource struct {
	payments *payments.Service
	accounts Accounts
}

// Open implements exports.Source.
func (s paymentSource) Open(ctx context.Context, e exports.Export) (exports.Table, error) {
	var f payments.Browse
	if err := readParams(e, &f); err != nil {
		return nil, err
	}
	called, err := names(ctx, s.accounts, e)
	if err != nil {
		return nil, err
	}
	r := &paymentReader{
		source: s, scope: payments.Scope{MerchantID: e.MerchantID, Mode: e.Mode}, words: wordsOf(e.Locale), accounts: called,
		walk: payments.NewWalk(f, e.Bound),
	}
	t := &table{sheet: r.words.payments, columns: r.columns(), pull: r.pull, totals: r.totals}
	t.first, t.last = earliest(f.From, f.To, e.Bound)
	return t, nil
}

// paymentReader turns payments into rows and adds them up as the page does.
type paymentReader struct {
	source   paymentSource
	scope    payments.Scope
	words    words
	accounts map[string]string
	walk     *payments.Walk
	figures  payments.Figures
	sums     struct{ order, payer, settled, refunding app.Money }
}

func (r *paymentReader) columns() []report.Column {
	c := r.words.columns
	return []report.Column{
		{Title: c.orderNo, Width: 24}, {Title: c.paymentID, Width: 32}, {Title: c.number, Width: 32}, {Title: c.channelNo, Width: 30},
		{Title: c.subject, Width: 28}, {Title: c.channel, Width: 10}, {Title: c.method, Width: 14}, {Title: c.account, Width: 16}, {Title: c.status, Width: 10},
		{Title: c.createdAt, Width: 27}, {Title: c.paidAt, Width: 27},
		{Title: c.amount, Kind: report.Money, Width: 14}, {Title: c.received, Kind: report.Money, Width: 14}, {Title: c.payerAmount, Kind: report.Money, Width: 14},
		{Title: c.settlement, Kind: report.Money, Width: 14}, {Title: c.refunded, Kind: report.Money, Width: 14}, {Title: c.refunding, Kind: report.Money, Width: 14},
		{Title: c.refunds, Kind: report.Count, Width: 10}, {Title: c.refundNos, Width: 30}, {Title: c.late, Width: 8},
		{Title: c.errorCode, Width: 18}, {Title: c.errorMessage, Width: 28}, {Title: c.mode, Width: 8},
	}
}

func (r *paymentReader) pull(ctx context.Context) (rows [][]any, at string, more bool, err error) {
	piece, more, err := r.source.payments.WalkOn(ctx, r.scope, r.walk)
	if err != nil {
		return nil, "", false, err
	}
	refunds, err := r.refundsOf(ctx, piece)
	if err != nil {
		return nil, "", false, err
	}
	rows = make([][]any, 0, len(piece))
	for _, p := range piece {
		rows = append(rows, r.row(p, refunds[p.ID]))
	}
	return rows, r.walk.At(), more, nil
}

// refundsOf reads the refunds of those payments of a piece that have any.
func (r *paymentReader) refundsOf(ctx context.Context, piece []payments.Payment) (map[string][]payments.Refund, error) {
	var ids []string
	for _, p := range piece {
		if p.RefundReserved > 0 || p.AmountRefunded > 0 {
			ids = append(ids, p.ID)
		}
	}
	return r.source.payments.RefundsOfMany(ctx, r.scope, ids)
}

func (r *paymentReader) row(p payments.Payment, refunds []payments.Refund) []any {
	paid := p.PaidAt != 0
	received := app.Money(0)
	if p.Status == payments.StatusSucceeded {
		received = p.Amount
		r.figures.Succeeded++
	}
	refunding := max(p.RefundReserved-p.AmountRefunded, 0)
	r.figures.Count++
	r.figures.Amount += received
	r.figures.Refunded += p.AmountRefunded
	r.sums.order += p.Amount
	r.sums.refunding += refunding
	if paid {
		r.sums.payer += p.PayerAmount
		r.sums.settled += p.SettlementAmount
	}
	attempt := p.PaidAttemptID
	if attempt == "" {
		attempt = p.OpenAttemptID
	}
	var count any
	if len(refunds) > 0 {
		count = int64(len(refunds))
	}
	late := ""
	if p.Late {
		late = r.words.yes
	}
	return []any{
		p.OrderNo, p.ID, attempt, p.ChannelTradeNo, p.Subject, word(r.words.channels, string(p.Channel)), word(r.words.methods, string(p.Method)), r.account(p.AccountID),
		word(r.words.statuses, string(p.Status)), clock(p.CreatedAt), clock(p.PaidAt),
		p.Amount, maybe(p.Status == payments.StatusSucceeded, received), maybe(paid, p.PayerAmount), maybe(paid, p.SettlementAmount), p.AmountRefunded, refunding,
		count, numbersOf(refunds), late, p.ErrorCode, p.ErrorMessage, word(r.words.modes, string(p.Mode)),
	}
}

func (r *paymentReader) account(id string) string {
	if name := r.accounts[id]; name != "" {
		return name
	}
	return id
}

// numbersOf lists the merchant's numbers of refunds, as far as a cell takes them.
func numbersOf(refunds []payments.Refund) string {
	const most = 50
	var out []string
	for _, f := range refunds[:min(len(refunds), most)] {
		out = append(out, f.RefundNo)
	}
	if len(refunds) > most {
		out = append(out, "…")
	}
	return strings.Join(out, " ")
}

// totals repeat what the page above the list says of the same filter.
func (r *paymentReader) totals() []any {
	out := make([]any, len(r.columns()))
	out[0] = r.words.total(r.figures.Count)
	out[8] = r.words.succeeded(r.figures.Succeeded)
	out[11], out[12], out[13], out[14], out[15], out[16] = r.sums.order, r.figures.Amount, r.sums.payer, r.sums.settled, r.figures.Refunded, r.sums.refunding
	return out
}
