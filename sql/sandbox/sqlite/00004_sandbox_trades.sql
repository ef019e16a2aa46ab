-- +goose Up
CREATE TABLE sandbox_trades (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  out_trade_no TEXT NOT NULL,
  channel_trade_no TEXT NOT NULL,
  trade_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  attach TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  state TEXT NOT NULL CHECK (state IN ('unpaid', 'paid', 'closed', 'refunded', 'finished')),
  scanned INTEGER NOT NULL,
  code TEXT NOT NULL,
  code_expires_at INTEGER NOT NULL,
  notify_url TEXT NOT NULL,
  payer_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  extra TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  scanned_at INTEGER NOT NULL,
  paid_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sandbox_trades_number ON sandbox_trades (merchant_id, out_trade_no);
CREATE UNIQUE INDEX sandbox_trades_channel_number ON sandbox_trades (channel_trade_no);
CREATE UNIQUE INDEX sandbox_trades_code ON sandbox_trades (code);
CREATE INDEX sandbox_trades_merchant ON sandbox_trades (merchant_id, id);
