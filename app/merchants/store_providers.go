package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Providers are the platform's own: no statement here has a merchant.

const providerSelect = `SELECT id, mode, channel, name, identity, app_id, enabled, version, facts, certificate_expires_at, created_at, updated_at FROM provider_accounts`

type providerRow struct {
	ID        string      `db:"id"`
	Mode      app.Mode    `db:"mode"`
	Channel   app.Channel `db:"channel"`
	Name      string      `db:"name"`
	Identity  string      `db:"identity"`
	AppID     string      `db:"app_id"`
	Enabled   bool        `db:"enabled"`
	Version   int64       `db:"version"`
	Facts     string      `db:"facts"`
	Expires   app.Millis  `db:"certificate_expires_at"`
	CreatedAt app.Millis  `db:"created_at"`
	UpdatedAt app.Millis  `db:"updated_at"`
}

func (r providerRow) provider() (Provider, error) {
	p := Provider{
		ID: r.ID, Mode: r.Mode, Channel: r.Channel, Name: r.Name, Identity: r.Identity, AppID: r.AppID, Enabled: r.Enabled,
		Version: r.Version, CertificateExpiresAt: r.Expires, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if err := json.Unmarshal([]byte(r.Facts), &p.Facts); err != nil {
		return Provider{}, fmt.Errorf("facts of %s: %w", r.ID, err)
	}
	return p, nil
}

func errProviderNotFound(id string) error {
	e := app.Errorf(app.NotFound, "no provider account %s", id).WithReason("provider_not_found")
	e.Field = "provider_id"
	return e
}

func selectProvider(ctx context.Context, q db.Querier, id string) (Provider, error) {
	var row providerRow
	err := q.Get(ctx, &row, providerSelect+` WHERE id = ?`, id)
	if errors.Is(err, db.ErrNoRows) {
		return Provider{}, errProviderNotFound(id)
	}
	if err != nil {
		return Provider{}, fmt.Errorf("read provider %s: %w", id, err)
	}
	return row.provider()
}

func selectProviders(ctx context.Context, q db.Querier, mode app.Mode) ([]Provider, error) {
	var rows []providerRow
	if err := q.Select(ctx, &rows, providerSelect+` WHERE mode = ? ORDER BY id DESC`, mode); err != nil {
		return nil, fmt.Errorf("list providers: %w", err)
	}
	out := make([]Provider, len(rows))
	for i, row := range rows {
		p, err := row.provider()
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

func insertProvider(ctx context.Context, tx *db.Tx, p Provider, sealed []byte) error {
	facts, err := json.Marshal(p.Facts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO provider_accounts (id, mode, channel, name, identity, app_id, enabled, version, credentials, facts,
		certificate_expires_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Mode, p.Channel, p.Name, p.Identity, p.AppID, p.Enabled, p.Version, sealed, string(facts),
		p.CertificateExpiresAt, p.CreatedAt, p.UpdatedAt)
	return err
}

// updateProviderCredentials writes new credentials over version p.Version-1;
// false means that somebody else changed them first.
func updateProviderCredentials(ctx context.Context, tx *db.Tx, p Provider, sealed []byte) (bool, error) {
	facts, err := json.Marshal(p.Facts)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `UPDATE provider_accounts SET credentials = ?, version = ?, facts = ?, certificate_expires_at = ?, updated_at = ?
		WHERE id = ? AND version = ?`, sealed, p.Version, string(facts), p.CertificateExpiresAt, p.UpdatedAt, p.ID, p.Version-1)
	return n == 1, err
}

func updateProviderEnabled(ctx context.Context, tx *db.Tx, p Provider) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE provider_accounts SET enabled = ?, updated_at = ? WHERE id = ? AND enabled = ?`, p.Enabled, p.UpdatedAt, p.ID, !p.Enabled)
	return n == 1, err
}

func selectProviderSealed(ctx context.Context, q db.Querier, id string) (sealedRow, error) {
	var row sealedRow
	err := q.Get(ctx, &row, `SELECT version, credentials FROM provider_accounts WHERE id = ?`, id)
	if errors.Is(err, db.ErrNoRows) {
		return row, errProviderNotFound(id)
	}
	if err != nil {
		return row, fmt.Errorf("read credentials of %s: %w", id, err)
	}
	return row, nil
}

func selectProviderCredentialsAfter(ctx context.Context, q db.Querier, after string, limit int) ([]resealRow, error) {
	var rows []resealRow
	err := q.Select(ctx, &rows, `SELECT '' AS merchant_id, id AS account_id, '' AS app_id, credentials AS sealed FROM provider_accounts WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	return rows, err
}

// resealProvider replaces exactly the sealed bytes that were read.
func resealProvider(ctx context.Context, q db.Querier, r resealRow, sealed []byte) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE provider_accounts SET credentials = ? WHERE id = ? AND credentials = ?`, sealed, r.AccountID, r.Sealed)
	return n == 1, err
}

func selectAccountsUnder(ctx context.Context, q db.Querier, providerID, before string, limit int) ([]Account, error) {
	b := db.NewBuild(`SELECT id FROM accounts WHERE provider_id = ?`, providerID)
	if before != "" {
		b.And(`id < ?`, before)
	}
	var ids []string
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, limit).Select(ctx, q, &ids); err != nil {
		return nil, fmt.Errorf("list the accounts under %s: %w", providerID, err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []accountRow
	if err := q.Select(ctx, &rows, accountSelect+` WHERE a.id IN (?) ORDER BY a.id DESC, p.ordinal`, ids); err != nil {
		return nil, fmt.Errorf("list the accounts under %s: %w", providerID, err)
	}
	return accounts(rows)
}
