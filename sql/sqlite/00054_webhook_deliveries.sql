-- +goose Up
CREATE TABLE webhook_deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  event_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT webhook_deliveries_mode CHECK (mode IN ('test', 'live')),
  event_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  status TEXT NOT NULL CONSTRAINT webhook_deliveries_status CHECK (status IN ('pending', 'succeeded', 'dead')),
  attempts INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  last_code INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  delivered_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (event_id, endpoint_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (status, next_at);
CREATE INDEX webhook_deliveries_due_by_endpoint ON webhook_deliveries (endpoint_id, status, next_at);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_merchant ON webhook_deliveries (merchant_id, mode, id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (merchant_id, mode, status, id);
CREATE INDEX webhook_deliveries_by_type ON webhook_deliveries (merchant_id, mode, event_type, id);
CREATE INDEX webhook_deliveries_by_code ON webhook_deliveries (merchant_id, mode, last_code, id);
CREATE INDEX webhook_deliveries_by_object ON webhook_deliveries (merchant_id, object_id, id);
