-- +goose Up
CREATE TABLE api_keys (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  prefix TEXT NOT NULL,
  secret_hash BLOB,
  scopes TEXT NOT NULL,
  allowed_ips TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL,
  rolled_from TEXT NOT NULL,
  rolled_to TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT api_keys_modes CHECK (mode IN ('test', 'live')),
  CONSTRAINT api_keys_secrets CHECK (kind <> 'bearer' OR secret_hash IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX api_keys_secret ON api_keys (secret_hash);
CREATE INDEX api_keys_list ON api_keys (merchant_id, mode, id);
