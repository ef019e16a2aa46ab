-- +goose Up
CREATE TABLE sandbox_withdrawals (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_withdrawals_merchant ON sandbox_withdrawals (merchant_id, created_at, id);
