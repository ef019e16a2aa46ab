package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const draftSelect = `SELECT id, merchant_id, mode, channel, owner_id, owner_name, account_id, provider_id, name, identity, ready, version,
	sealed, tests, created_at, updated_at, expires_at FROM account_drafts`

type draftRow struct {
	ID         string      `db:"id"`
	MerchantID string      `db:"merchant_id"`
	Mode       app.Mode    `db:"mode"`
	Channel    app.Channel `db:"channel"`
	OwnerID    string      `db:"owner_id"`
	OwnerName  string      `db:"owner_name"`
	AccountID  string      `db:"account_id"`
	ProviderID string      `db:"provider_id"`
	Name       string      `db:"name"`
	Identity   string      `db:"identity"`
	Ready      bool        `db:"ready"`
	Version    int64       `db:"version"`
	Sealed     []byte      `db:"sealed"`
	Tests      string      `db:"tests"`
	CreatedAt  app.Millis  `db:"created_at"`
	UpdatedAt  app.Millis  `db:"updated_at"`
	ExpiresAt  app.Millis  `db:"expires_at"`
}

// draftTests is how the outcomes are stored.
type draftTests struct {
	Probe DraftTest `json:"probe"`
	Order DraftTest `json:"order"`
}

func (r draftRow) draft() (Draft, error) {
	var tests draftTests
	if err := json.Unmarshal([]byte(r.Tests), &tests); err != nil {
		return Draft{}, fmt.Errorf("tests of %s: %w", r.ID, err)
	}
	return Draft{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Channel: r.Channel, OwnerID: r.OwnerID, OwnerName: r.OwnerName,
		AccountID: r.AccountID, ProviderID: r.ProviderID, Name: r.Name, Identity: r.Identity, Ready: r.Ready, Version: r.Version,
		Probe: tests.Probe, Order: tests.Order, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, ExpiresAt: r.ExpiresAt,
	}, nil
}

func testsOf(d Draft) (string, error) {
	b, err := json.Marshal(draftTests{Probe: d.Probe, Order: d.Order})
	return string(b), err
}

func selectDraft(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, id string, now app.Millis) (draftRow, error) {
	var row draftRow
	err := q.Get(ctx, &row, draftSelect+` WHERE id = ? AND merchant_id = ? AND mode = ? AND expires_at > ?`, id, merchantID, mode, now)
	if errors.Is(err, db.ErrNoRows) {
		return row, errDraftNotFound(id)
	}
	if err != nil {
		return row, fmt.Errorf("read draft %s: %w", id, err)
	}
	return row, nil
}

func selectDrafts(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, now app.Millis) ([]Draft, error) {
	var rows []draftRow
	err := q.Select(ctx, &rows, draftSelect+` WHERE merchant_id = ? AND mode = ? AND expires_at > ? ORDER BY id DESC LIMIT ?`, merchantID, mode, now, maxDrafts)
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	out := make([]Draft, len(rows))
	for i, row := range rows {
		if out[i], err = row.draft(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func insertDraft(ctx context.Context, tx *db.Tx, d Draft, sealed []byte) error {
	tests, err := testsOf(d)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_drafts (id, merchant_id, mode, channel, owner_id, owner_name, account_id, provider_id, name, identity,
		ready, version, sealed, tests, created_at, updated_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.MerchantID, d.Mode, d.Channel, d.OwnerID, d.OwnerName, d.AccountID, d.ProviderID, d.Name, d.Identity,
		d.Ready, d.Version, sealed, tests, d.CreatedAt, d.UpdatedAt, d.ExpiresAt)
	return err
}

// updateDraft writes over version d.Version-1; false means that somebody else
// changed the draft first.
func updateDraft(ctx context.Context, tx *db.Tx, d Draft, sealed []byte) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_drafts SET provider_id = ?, name = ?, identity = ?, ready = ?, version = ?, sealed = ?, updated_at = ?, expires_at = ?
		WHERE id = ? AND merchant_id = ? AND version = ?`,
		d.ProviderID, d.Name, d.Identity, d.Ready, d.Version, sealed, d.UpdatedAt, d.ExpiresAt, d.ID, d.MerchantID, d.Version-1)
	return n == 1, err
}

// updateDraftTests writes what live calls with exactly this version came to.
func updateDraftTests(ctx context.Context, q db.Querier, d Draft) (bool, error) {
	tests, err := testsOf(d)
	if err != nil {
		return false, err
	}
	n, err := q.Exec(ctx, `UPDATE account_drafts SET tests = ? WHERE id = ? AND merchant_id = ? AND version = ?`, tests, d.ID, d.MerchantID, d.Version)
	return n == 1, err
}

// deleteDraftAt deletes exactly this version; false means that it was changed or
// finished meanwhile.
func deleteDraftAt(ctx context.Context, tx *db.Tx, d Draft) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM account_drafts WHERE id = ? AND merchant_id = ? AND version = ?`, d.ID, d.MerchantID, d.Version)
	return n == 1, err
}

func deleteDraft(ctx context.Context, tx *db.Tx, d Draft) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_drafts WHERE id = ? AND merchant_id = ?`, d.ID, d.MerchantID)
	return err
}
