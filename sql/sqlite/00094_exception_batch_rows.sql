-- +goose Up
CREATE TABLE exception_batch_rows (
  batch_id TEXT NOT NULL,
  sheet_row INTEGER NOT NULL,
  merchant_id TEXT NOT NULL,
  exception_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  owner_name TEXT NOT NULL,
  owner_set INTEGER NOT NULL,
  resolution TEXT NOT NULL,
  amount INTEGER NOT NULL,
  linked_payment_id TEXT NOT NULL,
  note TEXT NOT NULL,
  problems TEXT NOT NULL,
  result TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (batch_id, sheet_row)
) STRICT;
CREATE INDEX exception_batch_rows_outcome ON exception_batch_rows (batch_id, outcome, sheet_row);
