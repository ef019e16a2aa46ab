-- +goose Up
CREATE TABLE reconcile_carried (
  run_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  from_day TEXT NOT NULL,
  PRIMARY KEY (run_id, kind, number)
) STRICT;
