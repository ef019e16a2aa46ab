-- +goose Up
CREATE TABLE statement_days (
  identity_id TEXT NOT NULL,
  day TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  channel TEXT NOT NULL,
  identity TEXT NOT NULL,
  sub_identity TEXT NOT NULL,
  run_id TEXT NOT NULL,
  status TEXT NOT NULL,
  partial INTEGER NOT NULL,
  opening INTEGER,
  closing INTEGER,
  income INTEGER NOT NULL,
  outgoing INTEGER NOT NULL,
  carried INTEGER NOT NULL,
  line_count INTEGER NOT NULL,
  result_key TEXT NOT NULL,
  digest TEXT NOT NULL,
  completed_version INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (identity_id, day)
) STRICT;
CREATE INDEX statement_days_list ON statement_days (merchant_id, mode, day, identity_id);
