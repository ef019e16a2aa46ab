-- +goose Up
CREATE TABLE sandbox_refunds (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  trade_id TEXT NOT NULL,
  number_scope TEXT NOT NULL,
  out_refund_no TEXT NOT NULL,
  channel_refund_no TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('processing', 'succeeded', 'closed', 'abnormal')),
  source TEXT NOT NULL CHECK (source IN ('api', 'console')),
  outcome TEXT NOT NULL,
  notify_url TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  succeeded_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sandbox_refunds_number ON sandbox_refunds (number_scope, out_refund_no);
CREATE UNIQUE INDEX sandbox_refunds_channel_number ON sandbox_refunds (channel_refund_no);
CREATE INDEX sandbox_refunds_trade ON sandbox_refunds (trade_id, id);
CREATE INDEX sandbox_refunds_due ON sandbox_refunds (state, due_at);
