package files

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

type refundSource struct {
	payments *payments.Service
	accounts Accounts
}

// Open implements exports.Source.
func (s refundSource) Open(ctx context.Context, e exports.Export) (exports.Table, error) {
	var f payments.RefundBrowse
	if err := readParams(e, &f); err != nil {
		return nil, err
	}
	called, err := names(ctx, s.accounts, e)
	if err != nil {
		return nil, err
	}
	r := &refundReader{
		source: s, scope: payments.Scope{MerchantID: e.MerchantID, Mode: e.Mode}, words: wordsOf(e.Locale), accounts: called,
		walk: payments.NewRefundWalk(f, e.Bound),
	}
	t := &table{sheet: r.words.refunds, columns: r.columns(), pull: r.pull, totals: r.totals}
	if !f.OfAnyAge() {
		t.first, t.last = earliest(f.From, f.To, e.Bound)
	}
	return t, nil
}

// refundReader turns refunds into rows and adds them up as the page does.
type refundReader struct {
	source   refundSource
	scope    payments.Scope
	words    words
	accounts map[string]string
	walk     *payments.RefundWalk
	figures  payments.RefundFigures
	order    app.Money
}

func (r *refundReader) columns() []report.Column {
	c := r.words.columns
	return []report.Column{
		{Title: c.refundNo, Width: 30}, {Title: c.refundID, Width: 32}, {Title: c.channelRefundNo, Width: 30}, {Title: c.orderNo, Width: 24}, {Title: c.paymentID, Width: 32},
		{Title: c.number, Width: 32}, {Title: c.channel, Width: 10}, {Title: c.method, Width: 14}, {Title: c.account, Width: 16}, {Title: c.status, Width: 10},
		{Title: c.source, Width: 12}, {Title: c.requestedBy, Width: 24}, {Title: c.reason, Width: 28},
		{Title: c.createdAt, Width: 27}, {Title: c.acceptedAt, Width: 27}, {Title: c.arrivedAt, Width: 27},
		{Title: c.refundAmount, Kind: report.Money, Width: 14}, {Title: c.counted, Kind: report.Money, Width: 14}, {Title: c.arrived, Kind: report.Money, Width: 14},
		{Title: c.errorCode, Width: 18}, {Title: c.errorMessage, Width: 28}, {Title: c.mode, Width: 8},
	}
}

func (r *refundReader) pull(ctx context.Context) (rows [][]any, at string, more bool, err error) {
	piece, more, err := r.source.payments.WalkRefundsOn(ctx, r.scope, r.walk)
	if err != nil {
		return nil, "", false, err
	}
	var ids []string
	for _, f := range piece {
		ids = append(ids, f.AttemptID)
	}
	methods, err := r.source.payments.MethodsOf(ctx, r.scope, ids)
	if err != nil {
		return nil, "", false, err
	}
	rows = make([][]any, 0, len(piece))
	for _, f := range piece {
		rows = append(rows, r.row(f, methods[f.AttemptID]))
	}
	return rows, r.walk.At(), more, nil
}

func (r *refundReader) row(f payments.Refund, method channel.Method) []any {
	counted := f.Status != payments.RefundFailed && f.Status != payments.RefundRejected
	arrived := f.Status == payments.RefundSucceeded
	r.figures.Count++
	r.order += f.Amount
	if counted {
		r.figures.Amount += f.Amount
	}
	if arrived {
		r.figures.Succeeded += f.Amount
	}
	account := r.accounts[f.AccountID]
	if account == "" {
		account = f.AccountID
	}
	return []any{
		f.RefundNo, f.ID, f.ChannelRefundNo, f.OrderNo, f.PaymentID, f.AttemptID, word(r.words.channels, string(f.Channel)), word(r.words.methods, string(method)), account,
		word(r.words.refundStatuses, string(f.Status)), word(r.words.sources, string(f.Source)), r.person(f), f.Reason,
		clock(f.CreatedAt), clock(f.AcceptedAt), clock(f.SucceededAt),
		f.Amount, maybe(counted, f.Amount), maybe(arrived, f.Amount), f.ErrorCode, f.ErrorMessage, word(r.words.modes, string(f.Mode)),
	}
}

// person is who asked; rules and the channel's own console have words.
func (r *refundReader) person(f payments.Refund) string {
	switch f.RequestedKind {
	case "system":
		return r.words.rule
	case "channel":
		return word(r.words.channels, string(f.Channel))
	}
	return f.RequestedName
}

// totals repeat what the page above the list says of the same filter.
func (r *refundReader) totals() []any {
	out := make([]any, len(r.columns()))
	out[0] = r.words.total(r.figures.Count)
	out[16], out[17], out[18] = r.order, r.figures.Amount, r.figures.Succeeded
	return out
}
