package trade

import (
	"context"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const tradeColumns = `id, channel, merchant_id, app_id, out_trade_no, channel_trade_no, trade_type, subject, attach, amount,
 state, scanned, code, code_expires_at, notify_url, payer_id, fingerprint, extra, expires_at, created_at, scanned_at, paid_at, closed_at,
 refunded, refunds, refunded_at, provider_id, code_state`

// foreign reports whether a key has bytes that no stored key has. Such a key
// finds nothing; MySQL would refuse to compare it with an ASCII column.
func foreign(keys ...string) bool {
	for _, key := range keys {
		for i := range len(key) {
			if key[i] >= utf8.RuneSelf {
				return true
			}
		}
	}
	return false
}

func insertTrade(ctx context.Context, q db.Querier, t Trade) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_trades (`+tradeColumns+`)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.Channel, t.MerchantID, t.AppID, t.OutTradeNo, t.ChannelTradeNo, t.TradeType, t.Subject, t.Attach, t.Amount,
		t.State, t.Scanned, t.Code, t.CodeExpiresAt, t.NotifyURL, t.PayerID, t.Fingerprint, t.Extra, t.ExpiresAt,
		t.CreatedAt, t.ScannedAt, t.PaidAt, t.ClosedAt, t.Refunded, t.Refunds, t.RefundedAt,
		t.ProviderID, t.CodeState)
	return err
}

func selectByNumber(ctx context.Context, q db.Querier, merchantID, outTradeNo string) (t Trade, err error) {
	if foreign(merchantID, outTradeNo) {
		return t, db.ErrNoRows
	}
	err = q.Get(ctx, &t, `SELECT `+tradeColumns+` FROM sandbox_trades WHERE merchant_id = ? AND out_trade_no = ?`, merchantID, outTradeNo)
	return t, err
}

func selectByChannelNumber(ctx context.Context, q db.Querier, merchantID, channelTradeNo string) (t Trade, err error) {
	if foreign(merchantID, channelTradeNo) {
		return t, db.ErrNoRows
	}
	err = q.Get(ctx, &t, `SELECT `+tradeColumns+` FROM sandbox_trades WHERE merchant_id = ? AND channel_trade_no = ?`, merchantID, channelTradeNo)
	return t, err
}

func selectByTradeNo(ctx context.Context, q db.Querier, channelTradeNo string) (t Trade, err error) {
	if foreign(channelTradeNo) {
		return t, db.ErrNoRows
	}
	err = q.Get(ctx, &t, `SELECT `+tradeColumns+` FROM sandbox_trades WHERE channel_trade_no = ?`, channelTradeNo)
	return t, err
}

func selectByCode(ctx context.Context, q db.Querier, code string) (t Trade, err error) {
	if foreign(code) {
		return t, db.ErrNoRows
	}
	err = q.Get(ctx, &t, `SELECT `+tradeColumns+` FROM sandbox_trades WHERE code = ?`, code)
	return t, err
}

func selectByID(ctx context.Context, q db.Querier, id string) (t Trade, err error) {
	if foreign(id) {
		return t, db.ErrNoRows
	}
	err = q.Get(ctx, &t, `SELECT `+tradeColumns+` FROM sandbox_trades WHERE id = ?`, id)
	return t, err
}

func selectTrades(ctx context.Context, q db.Querier, merchantID, before string, limit int) (ts []Trade, err error) {
	if foreign(merchantID, before) {
		return nil, nil
	}
	b := db.NewBuild(`SELECT ` + tradeColumns + ` FROM sandbox_trades WHERE 1 = 1`)
	if merchantID != "" {
		b.And(`merchant_id = ?`, merchantID)
	}
	if before != "" {
		b.And(`id < ?`, before)
	}
	err = b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &ts)
	return ts, err
}

// updateOrder replaces what was ordered, as long as the trade is unpaid and
// still the one that was read.
func updateOrder(ctx context.Context, q db.Querier, old, t Trade) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET subject = ?, attach = ?, amount = ?, trade_type = ?, code = ?, code_expires_at = ?,
 notify_url = ?, fingerprint = ?, extra = ?, expires_at = ? WHERE id = ? AND state = ? AND code = ? AND scanned = ?`,
		t.Subject, t.Attach, t.Amount, t.TradeType, t.Code, t.CodeExpiresAt,
		t.NotifyURL, t.Fingerprint, t.Extra, t.ExpiresAt, old.ID, Unpaid, old.Code, old.Scanned)
}

func updateScanned(ctx context.Context, q db.Querier, id, payerID string, at app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET scanned = 1, scanned_at = ?, payer_id = CASE WHEN payer_id = '' THEN ? ELSE payer_id END
 WHERE id = ? AND scanned = 0`, at, payerID, id)
}

func updatePaid(ctx context.Context, q db.Querier, id string, from State, payerID string, at app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET state = ?, paid_at = ?, scanned_at = CASE WHEN scanned = 1 THEN scanned_at ELSE ? END,
 scanned = 1, payer_id = CASE WHEN payer_id = '' THEN ? ELSE payer_id END WHERE id = ? AND state = ?`,
		Paid, at, at, payerID, id, from)
}

func updateClosed(ctx context.Context, q db.Querier, id string, at app.Millis) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_trades SET state = ?, closed_at = ? WHERE id = ? AND state = ?`, Closed, at, id, Unpaid)
}

// selectExpired lists unpaid trades of the types whose time is over, the
// longest over first.
func selectExpired(ctx context.Context, q db.Querier, channel app.Channel, types []string, now app.Millis, limit int) (ts []Trade, err error) {
	err = q.Select(ctx, &ts, `SELECT `+tradeColumns+` FROM sandbox_trades
 WHERE channel = ? AND trade_type IN (?) AND state = ? AND expires_at < ? ORDER BY expires_at LIMIT ?`, channel, types, Unpaid, now, limit)
	return ts, err
}
