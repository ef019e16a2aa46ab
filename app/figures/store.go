package figures

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// sums are the columns of Counts over several rows.
const sums = `SUM(created) AS created, SUM(created_amount) AS created_amount, SUM(succeeded) AS succeeded,
 SUM(succeeded_amount) AS succeeded_amount, SUM(closed) AS closed, SUM(failed) AS failed, SUM(late) AS late,
 SUM(refunded) AS refunded, SUM(paid) AS paid, SUM(paid_amount) AS paid_amount, SUM(refunds) AS refunds,
 SUM(refunds_standing) AS refunds_standing, SUM(refunds_standing_amount) AS refunds_standing_amount,
 SUM(refunds_succeeded) AS refunds_succeeded, SUM(refunds_succeeded_amount) AS refunds_succeeded_amount,
 SUM(returned) AS returned, SUM(returned_amount) AS returned_amount, SUM(refused) AS refused`

func selectSeries(ctx context.Context, q db.Querier, s Scope, p part) ([]Point, error) {
	var out []Point
	err := q.Select(ctx, &out, `SELECT starts_at, `+sums+` FROM figures
 WHERE merchant_id = ? AND mode = ? AND span = ? AND starts_at >= ? AND starts_at < ? GROUP BY starts_at ORDER BY starts_at`,
		s.MerchantID, s.Mode, p.span, p.From, p.To)
	return out, wrap("read a series", err)
}

// selectPlatformSeries is the platform's own: the rows without a merchant sum
// all of them.
func selectPlatformSeries(ctx context.Context, q db.Querier, mode app.Mode, p part) ([]Point, error) {
	var out []Point
	err := q.Select(ctx, &out, `SELECT starts_at, `+sums+` FROM figures
 WHERE merchant_id = '' AND mode = ? AND span = ? AND starts_at >= ? AND starts_at < ? GROUP BY starts_at ORDER BY starts_at`,
		mode, p.span, p.From, p.To)
	return out, wrap("read the platform's series", err)
}

// selectRows returns the merchant's figures by account and method. Of the
// filter, what is not the range counts.
func selectRows(ctx context.Context, q db.Querier, s Scope, p part, f Filter) ([]Row, error) {
	b := db.NewBuild(`SELECT merchant_id, channel, account_id, method, `+sums+` FROM figures
 WHERE merchant_id = ? AND mode = ? AND span = ? AND starts_at >= ? AND starts_at < ?`, s.MerchantID, s.Mode, p.span, p.From, p.To)
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.AccountID != "" {
		b.And(`account_id = ?`, f.AccountID)
	}
	if f.Method != "" {
		b.And(`method = ?`, f.Method)
	}
	var out []Row
	err := b.Tail(`GROUP BY merchant_id, channel, account_id, method ORDER BY channel, account_id, method`).Select(ctx, q, &out)
	return out, wrap("read the figures", err)
}

// selectPlatformSum is the platform's own.
func selectPlatformSum(ctx context.Context, q db.Querier, mode app.Mode, p part) ([]Row, error) {
	var out []Row
	err := q.Select(ctx, &out, `SELECT merchant_id, channel, account_id, '' AS method, `+sums+` FROM figures
 WHERE merchant_id = '' AND mode = ? AND span = ? AND starts_at >= ? AND starts_at < ? GROUP BY merchant_id, channel, account_id ORDER BY channel`,
		mode, p.span, p.From, p.To)
	return out, wrap("read the platform's figures", err)
}

// selectMerchants is the platform's own, so it crosses merchants. It reads what
// the index holds and no more.
func selectMerchants(ctx context.Context, q db.Querier, mode app.Mode, p part) ([]Row, error) {
	var out []Row
	err := q.Select(ctx, &out, `SELECT merchant_id, channel, '' AS account_id, '' AS method, SUM(created) AS created, SUM(succeeded) AS succeeded,
 SUM(succeeded_amount) AS succeeded_amount, SUM(refunds_standing) AS refunds_standing, SUM(refunds_standing_amount) AS refunds_standing_amount
 FROM figures /*! FORCE INDEX (figures_merchants) */
 WHERE mode = ? AND span = ? AND starts_at >= ? AND starts_at < ? AND merchant_id <> '' GROUP BY merchant_id, channel ORDER BY merchant_id, channel`,
		mode, p.span, p.From, p.To)
	return out, wrap("read the merchants' figures", err)
}

func selectRefusals(ctx context.Context, q db.Querier, s Scope, p part) ([]Refusal, error) {
	var out []Refusal
	err := q.Select(ctx, &out, `SELECT channel, error_code, SUM(refused) AS refused FROM figures_refusals
 WHERE merchant_id = ? AND mode = ? AND span = ? AND starts_at >= ? AND starts_at < ? GROUP BY channel, error_code ORDER BY channel, error_code`,
		s.MerchantID, s.Mode, p.span, p.From, p.To)
	return out, wrap("read refusals", err)
}

// selectPlatformRefusals is the platform's own, so it crosses merchants.
func selectPlatformRefusals(ctx context.Context, q db.Querier, mode app.Mode, p part) ([]Refusal, error) {
	var out []Refusal
	err := q.Select(ctx, &out, `SELECT channel, error_code, SUM(refused) AS refused FROM figures_refusals
 WHERE mode = ? AND span = ? AND starts_at >= ? AND starts_at < ? GROUP BY channel, error_code ORDER BY channel, error_code`,
		mode, p.span, p.From, p.To)
	return out, wrap("read the platform's refusals", err)
}

// selectRefusedBy is the platform's own, so it crosses merchants.
func selectRefusedBy(ctx context.Context, q db.Querier, mode app.Mode, p part, c app.Channel, code string) ([]RefusedBy, error) {
	var out []RefusedBy
	err := q.Select(ctx, &out, `SELECT merchant_id, SUM(refused) AS refused FROM figures_refusals
 WHERE mode = ? AND span = ? AND starts_at >= ? AND starts_at < ? AND channel = ? AND error_code = ? GROUP BY merchant_id ORDER BY merchant_id`,
		mode, p.span, p.From, p.To, c, code)
	return out, wrap("read who was refused", err)
}

func selectRefused(ctx context.Context, q db.Querier, s Scope, f RefusedFilter) ([]Refused, error) {
	b := db.NewBuild(`SELECT r.attempt_id, r.payment_id, p.order_no, p.status, a.amount, r.channel, a.method, r.error_code, a.error_message, a.created_at
 FROM refused_attempts r JOIN attempts a ON a.id = r.attempt_id JOIN payments p ON p.id = r.payment_id
 WHERE r.merchant_id = ? AND r.mode = ?`, s.MerchantID, s.Mode)
	if f.Channel != "" {
		b.And(`r.channel = ?`, f.Channel)
	}
	if f.Code != "" {
		b.And(`r.error_code = ?`, f.Code)
	}
	if f.From != 0 {
		b.And(`r.attempt_id >= ?`, app.FirstID(app.PrefixAttempt, f.From))
	}
	if f.To != 0 {
		b.And(`r.attempt_id < ?`, app.FirstID(app.PrefixAttempt, f.To))
	}
	if f.Before != "" {
		b.And(`r.attempt_id < ?`, f.Before)
	}
	var out []Refused
	err := b.Tail(`ORDER BY r.attempt_id DESC LIMIT ?`, f.Limit).Select(ctx, q, &out)
	return out, wrap("list refused attempts", err)
}
