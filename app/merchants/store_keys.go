package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const keyColumns = `k.id, k.merchant_id, k.mode, k.name, k.kind, k.prefix, k.scopes, k.allowed_ips, k.expires_at, k.last_used_at,
	k.revoked_at, k.rolled_from, k.rolled_to, k.made_by, k.created_at`

type keyRow struct {
	ID         string     `db:"id"`
	MerchantID string     `db:"merchant_id"`
	Mode       app.Mode   `db:"mode"`
	Name       string     `db:"name"`
	Kind       KeyKind    `db:"kind"`
	Prefix     string     `db:"prefix"`
	Scopes     string     `db:"scopes"`
	AllowedIPs string     `db:"allowed_ips"`
	ExpiresAt  app.Millis `db:"expires_at"`
	LastUsedAt app.Millis `db:"last_used_at"`
	RevokedAt  app.Millis `db:"revoked_at"`
	RolledFrom string     `db:"rolled_from"`
	RolledTo   string     `db:"rolled_to"`
	MadeBy     string     `db:"made_by"`
	CreatedAt  app.Millis `db:"created_at"`
}

func (r keyRow) key() (Key, error) {
	k := Key{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Name: r.Name, Kind: r.Kind, Prefix: r.Prefix,
		ExpiresAt: r.ExpiresAt, LastUsedAt: r.LastUsedAt, RevokedAt: r.RevokedAt,
		RolledFrom: r.RolledFrom, RolledTo: r.RolledTo, MadeBy: r.MadeBy, CreatedAt: r.CreatedAt,
	}
	if err := json.Unmarshal([]byte(r.Scopes), &k.Scopes); err != nil {
		return Key{}, fmt.Errorf("scopes of %s: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.AllowedIPs), &k.AllowedIPs); err != nil {
		return Key{}, fmt.Errorf("allowed addresses of %s: %w", r.ID, err)
	}
	return k, nil
}

// callerRow is a key together with what its merchant says about calls.
type callerRow struct {
	keyRow
	MerchantStatus   Status `db:"merchant_status"`
	MerchantSettings string `db:"merchant_settings"`
}

// selectCaller finds a key by the hash of its secret; the merchant follows from
// the key.
func selectCaller(ctx context.Context, q db.Querier, hash []byte) (callerRow, error) {
	var row callerRow
	err := q.Get(ctx, &row, `SELECT `+keyColumns+`, m.status AS merchant_status, m.settings AS merchant_settings
		FROM api_keys k JOIN merchants m ON m.id = k.merchant_id WHERE k.secret_hash = ?`, hash)
	return row, err
}

func selectKey(ctx context.Context, q db.Querier, merchantID, id string) (Key, error) {
	var row keyRow
	err := q.Get(ctx, &row, `SELECT `+keyColumns+` FROM api_keys k WHERE k.id = ? AND k.merchant_id = ?`, id, merchantID)
	if errors.Is(err, db.ErrNoRows) {
		return Key{}, app.Errorf(app.NotFound, "no API key %s", id)
	}
	if err != nil {
		return Key{}, fmt.Errorf("read API key %s: %w", id, err)
	}
	return row.key()
}

// KeyMaker returns the id of the user who was shown a key's secret when it was
// made, and "" when nobody knows. It serves the approvals: who holds a key does
// not decide about what it asks for.
func (s *Service) KeyMaker(ctx context.Context, q db.Querier, merchantID, id string) (string, error) {
	k, err := selectKey(ctx, q, merchantID, id)
	if app.Is(err, app.NotFound) {
		return "", nil
	}
	return k.MadeBy, err
}

// KeyFilter selects a merchant's keys for a list, newest first.
type KeyFilter struct {
	MerchantID string
	Mode       app.Mode
	Before     string // only ids below it; "" for the first page
	Limit      int    // 1 to 100; 0 means 20
}

func selectKeys(ctx context.Context, q db.Querier, f KeyFilter) ([]Key, error) {
	b := db.NewBuild(`SELECT `+keyColumns+` FROM api_keys k WHERE k.merchant_id = ? AND k.mode = ?`, f.MerchantID, f.Mode)
	if f.Before != "" {
		b.And(`k.id < ?`, f.Before)
	}
	var rows []keyRow
	if err := b.Tail(`ORDER BY k.id DESC LIMIT ?`, f.Limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	out := make([]Key, len(rows))
	for i, row := range rows {
		k, err := row.key()
		if err != nil {
			return nil, err
		}
		out[i] = k
	}
	return out, nil
}

func insertKey(ctx context.Context, tx *db.Tx, k Key, hash []byte) error {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return err
	}
	ips, err := json.Marshal(k.AllowedIPs)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO api_keys (id, merchant_id, mode, name, kind, prefix, secret_hash, scopes, allowed_ips, expires_at,
		last_used_at, revoked_at, rolled_from, rolled_to, made_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, '', ?, ?)`,
		k.ID, k.MerchantID, k.Mode, k.Name, k.Kind, k.Prefix, hash, string(scopes), string(ips), k.ExpiresAt, k.RolledFrom, k.MadeBy, k.CreatedAt)
	return err
}

func revokeKey(ctx context.Context, tx *db.Tx, k Key, at app.Millis) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE api_keys SET revoked_at = ? WHERE id = ? AND merchant_id = ? AND revoked_at = 0`, at, k.ID, k.MerchantID)
	return n == 1, err
}

// supersedeKey gives a key its successor and its end; false means that it was
// revoked or superseded before.
func supersedeKey(ctx context.Context, tx *db.Tx, k Key, successor string, end app.Millis) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE api_keys SET rolled_to = ?, expires_at = ? WHERE id = ? AND merchant_id = ? AND revoked_at = 0 AND rolled_to = ''`,
		successor, end, k.ID, k.MerchantID)
	return n == 1, err
}

func updateKey(ctx context.Context, tx *db.Tx, k Key) (bool, error) {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return false, err
	}
	ips, err := json.Marshal(k.AllowedIPs)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `UPDATE api_keys SET name = ?, scopes = ?, allowed_ips = ? WHERE id = ? AND merchant_id = ? AND revoked_at = 0`,
		k.Name, string(scopes), string(ips), k.ID, k.MerchantID)
	return n == 1, err
}
