package trade

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const merchantColumns = `id, channel, mode, app_id, seller_id, secrets, version, fee_rate, created_at`

type merchantRow struct {
	ID        string      `db:"id"`
	Channel   app.Channel `db:"channel"`
	Mode      Mode        `db:"mode"`
	AppID     string      `db:"app_id"`
	SellerID  string      `db:"seller_id"`
	Secrets   string      `db:"secrets"`
	Version   int64       `db:"version"`
	FeeRate   app.Rate    `db:"fee_rate"`
	CreatedAt app.Millis  `db:"created_at"`
}

func (r merchantRow) merchant() (Merchant, error) {
	m := Merchant{
		ID: r.ID, Channel: r.Channel, Mode: r.Mode, AppID: r.AppID, SellerID: r.SellerID,
		Version: r.Version, FeeRate: r.FeeRate, CreatedAt: r.CreatedAt,
	}
	var keys any = &m.Alipay
	if r.Channel == app.WeChat {
		keys = &m.WeChat
	}
	if err := json.Unmarshal([]byte(r.Secrets), keys); err != nil {
		return Merchant{}, fmt.Errorf("read keys of %s: %w", r.ID, err)
	}
	return m, nil
}

func secretsOf(m Merchant) (string, error) {
	var keys any = m.Alipay
	if m.Channel == app.WeChat {
		keys = m.WeChat
	}
	b, err := json.Marshal(keys)
	return string(b), err
}

func insertMerchant(ctx context.Context, q db.Querier, m Merchant) error {
	secrets, err := secretsOf(m)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO sandbox_merchants (`+merchantColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.Channel, m.Mode, m.AppID, m.SellerID, secrets, m.Version, m.FeeRate, m.CreatedAt)
	return err
}

func selectMerchant(ctx context.Context, q db.Querier, id string) (Merchant, error) {
	if foreign(id) {
		return Merchant{}, db.ErrNoRows
	}
	var r merchantRow
	if err := q.Get(ctx, &r, `SELECT `+merchantColumns+` FROM sandbox_merchants WHERE id = ?`, id); err != nil {
		return Merchant{}, err
	}
	return r.merchant()
}

func selectMerchants(ctx context.Context, q db.Querier, limit int) ([]Merchant, error) {
	var rows []merchantRow
	if err := q.Select(ctx, &rows, `SELECT `+merchantColumns+` FROM sandbox_merchants ORDER BY created_at DESC, id DESC LIMIT ?`, limit); err != nil {
		return nil, fmt.Errorf("list sandbox merchants: %w", err)
	}
	merchants := make([]Merchant, len(rows))
	for i, r := range rows {
		m, err := r.merchant()
		if err != nil {
			return nil, err
		}
		merchants[i] = m
	}
	return merchants, nil
}

// updateSecrets stores rotated keys, unless another rotation came first.
func updateSecrets(ctx context.Context, q db.Querier, m Merchant) (int64, error) {
	secrets, err := secretsOf(m)
	if err != nil {
		return 0, err
	}
	return q.Exec(ctx, `UPDATE sandbox_merchants SET secrets = ?, version = ? WHERE id = ? AND version = ?`, secrets, m.Version, m.ID, m.Version-1)
}

func selectAuthority(ctx context.Context, q db.Querier, name string) (certificate, privateKey string, err error) {
	var row struct {
		Certificate string `db:"certificate"`
		PrivateKey  string `db:"private_key"`
	}
	err = q.Get(ctx, &row, `SELECT certificate, private_key FROM sandbox_authorities WHERE name = ?`, name)
	return row.Certificate, row.PrivateKey, err
}

func insertAuthority(ctx context.Context, q db.Querier, name, certificate, privateKey string, at app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_authorities (name, certificate, private_key, created_at) VALUES (?, ?, ?, ?)`, name, certificate, privateKey, at)
	return err
}
