-- +goose Up
CREATE TABLE reconcile_bills (
  id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  is_current INTEGER NOT NULL,
  name TEXT NOT NULL,
  archive_key TEXT NOT NULL,
  size INTEGER NOT NULL,
  format TEXT NOT NULL,
  hash_type TEXT NOT NULL,
  hash TEXT NOT NULL,
  line_count INTEGER NOT NULL,
  problem_code TEXT NOT NULL,
  problem_line INTEGER NOT NULL,
  problem_detail TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE UNIQUE INDEX reconcile_bills_natural ON reconcile_bills (run_id, kind, archive_key);
