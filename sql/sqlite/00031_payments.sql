-- +goose Up
CREATE TABLE payments (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  order_no TEXT NOT NULL,
  status TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  subject TEXT NOT NULL,
  method TEXT NOT NULL,
  channel TEXT NOT NULL,
  account_id TEXT NOT NULL,
  open_attempt_id TEXT NOT NULL,
  paid_attempt_id TEXT NOT NULL,
  channel_trade_no TEXT NOT NULL,
  payer_amount INTEGER NOT NULL,
  settlement_amount INTEGER NOT NULL,
  amount_refunded INTEGER NOT NULL,
  late INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  return_url TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  paid_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  close_requested_at INTEGER NOT NULL,
  error_code TEXT NOT NULL,
  error_message TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT payments_amount CHECK (amount > 0),
  CONSTRAINT payments_refunded CHECK (amount_refunded >= 0 AND amount_refunded <= amount)
) STRICT;
CREATE INDEX payments_list ON payments (merchant_id, mode, id);
CREATE INDEX payments_status ON payments (merchant_id, mode, status, id);
CREATE INDEX payments_method ON payments (merchant_id, mode, method, id);
CREATE INDEX payments_channel ON payments (merchant_id, mode, channel, id);
CREATE INDEX payments_account ON payments (merchant_id, mode, account_id, id);
