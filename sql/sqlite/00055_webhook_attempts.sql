-- +goose Up
CREATE TABLE webhook_attempts (
  delivery_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  merchant_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  code INTEGER NOT NULL,
  error TEXT NOT NULL,
  response TEXT NOT NULL,
  request_headers TEXT NOT NULL,
  PRIMARY KEY (delivery_id, n)
) STRICT;
