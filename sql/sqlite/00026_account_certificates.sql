-- +goose Up
CREATE TABLE account_certificates (
  account_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  told_expiry INTEGER NOT NULL,
  told_days INTEGER NOT NULL,
  serials TEXT NOT NULL,
  tried_at INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  stale_since INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  PRIMARY KEY (account_id, owner),
  CONSTRAINT account_certificates_owners CHECK (owner IN ('account', 'channel'))
) STRICT;
CREATE INDEX account_certificates_list ON account_certificates (merchant_id, mode, account_id);
