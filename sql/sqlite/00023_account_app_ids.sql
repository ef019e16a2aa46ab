-- +goose Up
CREATE TABLE account_app_ids (
  account_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  app_secret BLOB,
  PRIMARY KEY (account_id, app_id),
  CONSTRAINT account_app_ids_kinds CHECK (kind IN ('official', 'mini', 'app', 'web'))
) STRICT;
CREATE UNIQUE INDEX account_app_ids_natural ON account_app_ids (merchant_id, mode, identity_id, app_id);
