-- +goose Up
CREATE TABLE account_circuits (
  account_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  retry_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  server TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (account_id),
  CONSTRAINT account_circuits_states CHECK (state IN ('closed', 'open', 'paused'))
) STRICT;
CREATE INDEX account_circuits_list ON account_circuits (merchant_id, mode, account_id);
