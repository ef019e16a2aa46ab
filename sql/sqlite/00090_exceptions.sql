-- +goose Up
CREATE TABLE exceptions (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  identity_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  identity TEXT NOT NULL,
  sub_identity TEXT NOT NULL,
  account_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  day TEXT NOT NULL,
  type TEXT NOT NULL,
  line_kind TEXT NOT NULL,
  object_key TEXT NOT NULL,
  number TEXT NOT NULL,
  order_no TEXT NOT NULL,
  channel_no TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  refund_id TEXT NOT NULL,
  ours INTEGER NOT NULL,
  theirs INTEGER NOT NULL,
  difference INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  digest TEXT NOT NULL,
  status TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  owner_name TEXT NOT NULL,
  note TEXT NOT NULL,
  resolution TEXT NOT NULL,
  amount INTEGER NOT NULL,
  linked_payment_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  approval_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  given_back_id TEXT NOT NULL,
  cleared_by TEXT NOT NULL,
  proposed_kind TEXT NOT NULL,
  proposed_id TEXT NOT NULL,
  proposed_name TEXT NOT NULL,
  proposed_at INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  checked_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT exceptions_states CHECK (status IN ('open', 'proposed', 'resolved', 'cleared'))
) STRICT;
CREATE UNIQUE INDEX exceptions_natural ON exceptions (identity_id, day, type, object_key);
CREATE INDEX exceptions_days ON exceptions (merchant_id, mode, day, id);
CREATE INDEX exceptions_status ON exceptions (merchant_id, mode, status, day, id);
CREATE INDEX exceptions_type ON exceptions (merchant_id, mode, type, day, id);
CREATE INDEX exceptions_channel ON exceptions (merchant_id, mode, channel, day, id);
CREATE INDEX exceptions_account ON exceptions (merchant_id, mode, account_id, day, id);
CREATE INDEX exceptions_owner ON exceptions (merchant_id, mode, owner_id, day, id);
CREATE INDEX exceptions_number ON exceptions (merchant_id, mode, number);
CREATE INDEX exceptions_order ON exceptions (merchant_id, mode, order_no);
CREATE INDEX exceptions_channel_no ON exceptions (merchant_id, mode, channel_no);
CREATE INDEX exceptions_payment ON exceptions (merchant_id, mode, payment_id);
CREATE INDEX exceptions_refund ON exceptions (merchant_id, mode, refund_id);
CREATE INDEX exceptions_run ON exceptions (run_id);
CREATE INDEX exceptions_approval ON exceptions (approval_id);
