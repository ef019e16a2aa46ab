-- +goose Up
CREATE TABLE provider_accounts (
  id TEXT NOT NULL,
  mode TEXT NOT NULL,
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  identity TEXT NOT NULL,
  app_id TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  version INTEGER NOT NULL,
  credentials BLOB NOT NULL,
  facts TEXT NOT NULL,
  certificate_expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT provider_accounts_modes CHECK (mode IN ('test', 'live'))
) STRICT;
CREATE UNIQUE INDEX provider_accounts_natural ON provider_accounts (mode, channel, identity, app_id);
