-- +goose Up
CREATE TABLE account_drafts (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  channel TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  owner_name TEXT NOT NULL,
  account_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  name TEXT NOT NULL,
  identity TEXT NOT NULL,
  ready INTEGER NOT NULL,
  version INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  tests TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT account_drafts_modes CHECK (mode IN ('test', 'live'))
) STRICT;
CREATE INDEX account_drafts_list ON account_drafts (merchant_id, mode, id);
CREATE INDEX account_drafts_expiry ON account_drafts (expires_at, id);
