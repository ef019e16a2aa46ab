-- +goose Up
CREATE TABLE attempts (
  id TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  account_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  identity TEXT NOT NULL,
  app_id TEXT NOT NULL,
  method TEXT NOT NULL,
  status TEXT NOT NULL,
  amount INTEGER NOT NULL,
  request TEXT NOT NULL,
  action TEXT NOT NULL,
  channel_trade_no TEXT NOT NULL,
  error_code TEXT NOT NULL,
  error_message TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  paid_at INTEGER NOT NULL,
  queries INTEGER NOT NULL,
  last_query_at INTEGER NOT NULL,
  next_query_at INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT attempts_amount CHECK (amount > 0)
) STRICT;
CREATE INDEX attempts_payment ON attempts (payment_id, id);
CREATE INDEX attempts_due ON attempts (next_query_at, id);
CREATE INDEX attempts_account ON attempts (account_id, id);
CREATE INDEX attempts_trade ON attempts (channel, identity, channel_trade_no);
