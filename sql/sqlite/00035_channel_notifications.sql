-- +goose Up
CREATE TABLE channel_notifications (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  account_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  notice_id TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  attempt_id TEXT NOT NULL,
  channel_trade_no TEXT NOT NULL,
  amount INTEGER NOT NULL,
  plain TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  resolved_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE UNIQUE INDEX channel_notifications_notice ON channel_notifications (account_id, notice_id, reason);
CREATE INDEX channel_notifications_open ON channel_notifications (status, id);
CREATE INDEX channel_notifications_merchant ON channel_notifications (merchant_id, mode, status, id);
CREATE INDEX channel_notifications_payment ON channel_notifications (payment_id, id);
