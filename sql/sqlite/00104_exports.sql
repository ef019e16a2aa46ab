-- +goose Up
CREATE TABLE exports (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  params TEXT NOT NULL,
  status TEXT NOT NULL,
  progress INTEGER NOT NULL,
  total INTEGER NOT NULL,
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
  PRIMARY KEY (id),
  CONSTRAINT exports_states CHECK (status IN ('queued', 'running', 'done', 'failed'))
) STRICT;
CREATE UNIQUE INDEX exports_natural ON exports (merchant_id, kind, object_id, digest);
CREATE INDEX exports_list ON exports (merchant_id, mode, id);
CREATE INDEX exports_due ON exports (next_at, id);
