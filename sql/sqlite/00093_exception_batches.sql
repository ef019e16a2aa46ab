-- +goose Up
CREATE TABLE exception_batches (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  status TEXT NOT NULL,
  file_name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  by_kind TEXT NOT NULL,
  by_id TEXT NOT NULL,
  by_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  applied_at INTEGER NOT NULL,
  decided_at INTEGER NOT NULL,
  approval_id TEXT NOT NULL,
  changes INTEGER NOT NULL,
  proposals INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  stale INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT exception_batches_states CHECK (status IN ('previewed', 'proposed', 'applied', 'rejected', 'withdrawn'))
) STRICT;
CREATE INDEX exception_batches_list ON exception_batches (merchant_id, mode, id);
