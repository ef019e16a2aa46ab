-- +goose Up
CREATE TABLE webhook_secrets (
  id TEXT NOT NULL PRIMARY KEY,
  endpoint_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  scheme TEXT NOT NULL CONSTRAINT webhook_secrets_scheme CHECK (scheme IN ('v1', 'v1a')),
  sealed BLOB NOT NULL,
  public_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_secrets_by_endpoint ON webhook_secrets (endpoint_id, id);
