-- +goose Up
CREATE TABLE list_exports (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  kind TEXT NOT NULL,
  filter_query TEXT NOT NULL,
  params TEXT NOT NULL,
  bound INTEGER NOT NULL,
  format TEXT NOT NULL,
  locale TEXT NOT NULL,
  status TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  progress INTEGER NOT NULL,
  name TEXT NOT NULL,
  archive_key TEXT NOT NULL,
  size INTEGER NOT NULL,
  error TEXT NOT NULL,
  requested_kind TEXT NOT NULL,
  requested_id TEXT NOT NULL,
  requested_name TEXT NOT NULL,
  tries INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT list_exports_states CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired'))
) STRICT;
CREATE INDEX list_exports_list ON list_exports (merchant_id, mode, id);
CREATE INDEX list_exports_open ON list_exports (merchant_id, mode, status, id);
CREATE INDEX list_exports_due ON list_exports (next_at, id);
CREATE INDEX list_exports_expiry ON list_exports (expires_at, id);
