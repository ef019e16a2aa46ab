-- +goose Up
CREATE TABLE accounts (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  identity TEXT NOT NULL,
  sub_identity TEXT NOT NULL,
  priority INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  confirm_by_query INTEGER NOT NULL,
  version INTEGER NOT NULL,
  credentials BLOB NOT NULL,
  inspected INTEGER NOT NULL,
  facts TEXT NOT NULL,
  certificate_expires_at INTEGER NOT NULL,
  probed_version INTEGER NOT NULL,
  last_probe_at INTEGER NOT NULL,
  probe_error TEXT NOT NULL,
  last_success_at INTEGER NOT NULL,
  deaf_since INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT accounts_modes CHECK (mode IN ('test', 'live')),
  CONSTRAINT accounts_working_keys CHECK (enabled = 0 OR (inspected = 1 AND probed_version = version))
) STRICT;
CREATE INDEX accounts_list ON accounts (merchant_id, mode, id);
CREATE INDEX accounts_channel ON accounts (merchant_id, mode, channel, id);
CREATE INDEX accounts_choice ON accounts (merchant_id, mode, channel, enabled, priority, id);
