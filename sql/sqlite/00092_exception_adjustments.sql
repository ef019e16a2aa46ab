-- +goose Up
CREATE TABLE exception_adjustments (
  exception_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  day TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  reverses INTEGER NOT NULL,
  linked_payment_id TEXT NOT NULL,
  approval_id TEXT NOT NULL,
  booked_at INTEGER NOT NULL,
  PRIMARY KEY (exception_id, version, kind),
  CONSTRAINT exception_adjustments_amount CHECK (amount <> 0)
) STRICT;
CREATE INDEX exception_adjustments_day ON exception_adjustments (merchant_id, mode, day, account_id, kind);
