-- +goose Up
CREATE TABLE webhook_endpoints (
  id TEXT NOT NULL PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT webhook_endpoints_mode CHECK (mode IN ('test', 'live')),
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  event_types TEXT NOT NULL,
  status TEXT NOT NULL CONSTRAINT webhook_endpoints_status CHECK (status IN ('enabled', 'disabled', 'deleted')),
  reason TEXT NOT NULL,
  failing_since INTEGER NOT NULL,
  owed_from INTEGER NOT NULL,
  owed_until INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_endpoints_by_merchant ON webhook_endpoints (merchant_id, mode, id);
