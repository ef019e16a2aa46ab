-- +goose Up
CREATE TABLE idempotency_records (
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  ikey TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  status_code INTEGER NOT NULL,
  content_type TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (merchant_id, mode, ikey)
) STRICT;
CREATE INDEX idempotency_records_expiry ON idempotency_records (expires_at);
