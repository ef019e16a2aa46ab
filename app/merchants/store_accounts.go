package merchants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// accountSelect reads accounts with their apps in one statement: a row per app,
// and one for an account without any.
const accountSelect = `SELECT a.id, a.merchant_id, a.mode, a.channel, a.name, a.identity_id, a.identity, a.sub_identity,
	a.priority, a.enabled, a.confirm_by_query, a.version, a.inspected, a.facts, a.certificate_expires_at, a.probed_version,
	a.last_probe_at, a.probe_error, a.last_success_at, a.deaf_since, a.created_at, a.updated_at, a.fee_rate,
	a.probe_reason, a.failed_at, a.failure, a.failure_reason,
	a.provider_id, v.version AS provider_version, v.enabled AS provider_enabled, v.certificate_expires_at AS provider_expires_at,
	p.app_id AS app_id, p.kind AS app_kind, CASE WHEN p.app_secret IS NULL THEN 0 ELSE 1 END AS has_secret
	FROM accounts a LEFT JOIN provider_accounts v ON v.id = a.provider_id LEFT JOIN account_app_ids p ON p.account_id = a.id AND p.merchant_id = a.merchant_id`

type accountRow struct {
	ID              string      `db:"id"`
	MerchantID      string      `db:"merchant_id"`
	Mode            app.Mode    `db:"mode"`
	Channel         app.Channel `db:"channel"`
	Name            string      `db:"name"`
	IdentityID      string      `db:"identity_id"`
	Identity        string      `db:"identity"`
	SubIdentity     string      `db:"sub_identity"`
	Priority        int64       `db:"priority"`
	Enabled         bool        `db:"enabled"`
	Confirm         bool        `db:"confirm_by_query"`
	Version         int64       `db:"version"`
	Inspected       bool        `db:"inspected"`
	Facts           string      `db:"facts"`
	Expires         app.Millis  `db:"certificate_expires_at"`
	ProbedVersion   int64       `db:"probed_version"`
	LastProbeAt     app.Millis  `db:"last_probe_at"`
	ProbeError      string      `db:"probe_error"`
	LastSuccessAt   app.Millis  `db:"last_success_at"`
	DeafSince       app.Millis  `db:"deaf_since"`
	CreatedAt       app.Millis  `db:"created_at"`
	UpdatedAt       app.Millis  `db:"updated_at"`
	FeeRate         app.Rate    `db:"fee_rate"`
	ProbeReason     string      `db:"probe_reason"`
	FailedAt        app.Millis  `db:"failed_at"`
	Failure         string      `db:"failure"`
	FailureReason   string      `db:"failure_reason"`
	ProviderID      string      `db:"provider_id"`
	ProviderVersion *int64      `db:"provider_version"`
	ProviderEnabled *bool       `db:"provider_enabled"`
	ProviderExpires *app.Millis `db:"provider_expires_at"`
	AppID           *string     `db:"app_id"`
	AppKind         *AppKind    `db:"app_kind"`
	HasSecret       bool        `db:"has_secret"`
}

func (r accountRow) account() (Account, error) {
	a := Account{
		ID: r.ID, MerchantID: r.MerchantID, Mode: r.Mode, Channel: r.Channel, Name: r.Name,
		IdentityID: r.IdentityID, Identity: r.Identity, SubIdentity: r.SubIdentity,
		Priority: r.Priority, Enabled: r.Enabled, ConfirmByQuery: r.Confirm, Version: r.Version,
		Health: Health{
			Inspected: r.Inspected, ProbedVersion: r.ProbedVersion, LastProbeAt: r.LastProbeAt, ProbeError: r.ProbeError,
			LastSuccessAt: r.LastSuccessAt, DeafSince: r.DeafSince, CertificateExpiresAt: r.Expires,
			ProbeReason: r.ProbeReason, FailedAt: r.FailedAt, Failure: r.Failure, FailureReason: r.FailureReason,
		},
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, FeeRate: r.FeeRate,
	}
	if r.ProviderVersion != nil && r.ProviderEnabled != nil && r.ProviderExpires != nil {
		a.ProviderID, a.ProviderVersion, a.ProviderEnabled = r.ProviderID, *r.ProviderVersion, *r.ProviderEnabled
		a.Health.CertificateExpiresAt = *r.ProviderExpires // the certificates are the provider's
	}
	if err := json.Unmarshal([]byte(r.Facts), &a.Facts); err != nil {
		return Account{}, fmt.Errorf("facts of %s: %w", r.ID, err)
	}
	return a, nil
}

// accounts folds the rows of the join, which come in order of account.
func accounts(rows []accountRow) ([]Account, error) {
	var out []Account
	for _, row := range rows {
		if len(out) == 0 || out[len(out)-1].ID != row.ID {
			a, err := row.account()
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
		if row.AppID != nil && row.AppKind != nil {
			a := &out[len(out)-1]
			a.AppIDs = append(a.AppIDs, AppID{AppID: *row.AppID, Kind: *row.AppKind, HasSecret: row.HasSecret})
		}
	}
	return out, nil
}

func oneAccount(id string, rows []accountRow, err error) (Account, error) {
	if err != nil {
		return Account{}, fmt.Errorf("read account %s: %w", id, err)
	}
	found, err := accounts(rows)
	if err != nil {
		return Account{}, err
	}
	if len(found) == 0 {
		return Account{}, errAccountNotFound(id)
	}
	return found[0], nil
}

func errAccountNotFound(id string) error {
	e := app.Errorf(app.NotFound, "no channel account %s", id).WithReason("account_not_found")
	e.Field = "account_id"
	return e
}

func selectAccount(ctx context.Context, q db.Querier, merchantID, id string) (Account, error) {
	var rows []accountRow
	err := q.Select(ctx, &rows, accountSelect+` WHERE a.id = ? AND a.merchant_id = ? ORDER BY a.id, p.ordinal`, id, merchantID)
	return oneAccount(id, rows, err)
}

func selectEnabled(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, c app.Channel) ([]Account, error) {
	var rows []accountRow
	err := q.Select(ctx, &rows, accountSelect+` WHERE a.merchant_id = ? AND a.mode = ? AND a.channel = ? AND a.enabled = 1
		ORDER BY a.priority, a.id, p.ordinal`, merchantID, mode, c)
	if err != nil {
		return nil, fmt.Errorf("read enabled accounts of %s: %w", merchantID, err)
	}
	return accounts(rows)
}

// selectEnabledOf returns a merchant's enabled accounts of a mode.
func selectEnabledOf(ctx context.Context, q db.Querier, merchantID string, mode app.Mode) ([]Account, error) {
	var rows []accountRow
	err := q.Select(ctx, &rows, accountSelect+` WHERE a.merchant_id = ? AND a.mode = ? AND a.enabled = 1 ORDER BY a.id, p.ordinal`, merchantID, mode)
	if err != nil {
		return nil, fmt.Errorf("read enabled accounts of %s: %w", merchantID, err)
	}
	return accounts(rows)
}

// AccountFilter selects a merchant's accounts for a list, newest first.
type AccountFilter struct {
	MerchantID string
	Mode       app.Mode
	Channel    app.Channel // "" means all
	Before     string      // only ids below it; "" for the first page
	Limit      int         // 1 to 100; 0 means 20
}

func selectAccounts(ctx context.Context, q db.Querier, f AccountFilter) ([]Account, error) {
	b := db.NewBuild(`SELECT id FROM accounts WHERE merchant_id = ? AND mode = ?`, f.MerchantID, f.Mode)
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var ids []string
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &ids); err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []accountRow
	err := q.Select(ctx, &rows, accountSelect+` WHERE a.merchant_id = ? AND a.id IN (?) ORDER BY a.id DESC, p.ordinal`, f.MerchantID, ids)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return accounts(rows)
}

func insertAccount(ctx context.Context, tx *db.Tx, a Account, sealed []byte) error {
	facts, err := json.Marshal(a.Facts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO accounts (id, merchant_id, mode, channel, name, identity_id, identity, sub_identity, provider_id, priority, enabled,
		confirm_by_query, version, credentials, inspected, facts, certificate_expires_at, probed_version, last_probe_at, probe_error,
		last_success_at, deaf_since, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, 0, ?, ?)`,
		a.ID, a.MerchantID, a.Mode, a.Channel, a.Name, a.IdentityID, a.Identity, a.SubIdentity, a.ProviderID, a.Priority,
		a.ConfirmByQuery, a.Version, sealed, a.Health.Inspected, string(facts), a.Health.CertificateExpiresAt, a.CreatedAt, a.UpdatedAt)
	return err
}

// touchAccount locks the account's row for the rest of the transaction, so that
// what is read next is what the change builds on.
func touchAccount(ctx context.Context, tx *db.Tx, merchantID, id string, at app.Millis) error {
	n, err := tx.Exec(ctx, `UPDATE accounts SET updated_at = ? WHERE id = ? AND merchant_id = ?`, at, id, merchantID)
	if err == nil && n == 0 {
		return errAccountNotFound(id)
	}
	return err
}

// updateProfile writes what a person may change without touching the keys.
func updateProfile(ctx context.Context, tx *db.Tx, a Account) error {
	_, err := tx.Exec(ctx, `UPDATE accounts SET name = ?, priority = ?, confirm_by_query = ?, fee_rate = ? WHERE id = ? AND merchant_id = ?`,
		a.Name, a.Priority, a.ConfirmByQuery, a.FeeRate, a.ID, a.MerchantID)
	return err
}

// updateCredentials writes new credentials over version a.Version-1; false means
// that somebody else changed them first. Credentials that a probe has proven
// leave the account enabled or disabled as it stands, others disable it.
func updateCredentials(ctx context.Context, tx *db.Tx, a Account, sealed []byte) (bool, error) {
	facts, err := json.Marshal(a.Facts)
	if err != nil {
		return false, err
	}
	h := a.Health
	proven := h.ProbedVersion == a.Version
	n, err := tx.Exec(ctx, `UPDATE accounts SET enabled = CASE WHEN ? = 1 THEN enabled ELSE 0 END, credentials = ?, version = ?, inspected = ?,
		facts = ?, certificate_expires_at = ?, probed_version = ?, last_probe_at = ?, probe_error = '', probe_reason = '', updated_at = ?
		WHERE id = ? AND merchant_id = ? AND version = ?`,
		proven, sealed, a.Version, h.Inspected, string(facts), h.CertificateExpiresAt, h.ProbedVersion, h.LastProbeAt, a.UpdatedAt,
		a.ID, a.MerchantID, a.Version-1)
	return n == 1, err
}

// updateEnabled switches an account that touchAccount has locked. The table
// itself refuses to enable a version that no probe has proven.
func updateEnabled(ctx context.Context, tx *db.Tx, a Account) error {
	_, err := tx.Exec(ctx, `UPDATE accounts SET enabled = ? WHERE id = ? AND merchant_id = ?`, a.Enabled, a.ID, a.MerchantID)
	return err
}

// updateProbePassed and updateProbeFailed record how the probe of exactly this
// version went; a failure takes nothing away from an earlier success.

func updateProbePassed(ctx context.Context, q db.Querier, a Account) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE accounts SET probed_version = version, last_probe_at = ?, probe_error = '', probe_reason = '' WHERE id = ? AND merchant_id = ? AND version = ?`,
		a.Health.LastProbeAt, a.ID, a.MerchantID, a.Version)
	return n == 1, err
}

func updateProbeFailed(ctx context.Context, q db.Querier, a Account) error {
	h := a.Health
	_, err := q.Exec(ctx, `UPDATE accounts SET last_probe_at = ?, probe_error = ?, probe_reason = ?, failed_at = ?, failure = ?, failure_reason = ?
		WHERE id = ? AND merchant_id = ? AND version = ?`,
		h.LastProbeAt, h.ProbeError, h.ProbeReason, h.LastProbeAt, h.ProbeError, h.ProbeReason, a.ID, a.MerchantID, a.Version)
	return err
}

// updateFailure notes that the channel stopped answering.
func updateFailure(ctx context.Context, q db.Querier, a Account, at app.Millis, failure string) error {
	_, err := q.Exec(ctx, `UPDATE accounts SET failed_at = ?, failure = ?, failure_reason = '' WHERE id = ? AND merchant_id = ?`, at, failure, a.ID, a.MerchantID)
	return err
}

type sealedRow struct {
	Version     int64  `db:"version"`
	Credentials []byte `db:"credentials"`
}

func selectSealed(ctx context.Context, q db.Querier, merchantID, id string) (sealedRow, error) {
	var row sealedRow
	err := q.Get(ctx, &row, `SELECT version, credentials FROM accounts WHERE id = ? AND merchant_id = ?`, id, merchantID)
	if errors.Is(err, db.ErrNoRows) {
		return row, errAccountNotFound(id)
	}
	if err != nil {
		return row, fmt.Errorf("read credentials of %s: %w", id, err)
	}
	return row, nil
}
