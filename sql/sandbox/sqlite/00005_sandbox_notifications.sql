-- +goose Up
CREATE TABLE sandbox_notifications (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  trade_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  notify_url TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dropped', 'exhausted')),
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_notifications_due ON sandbox_notifications (state, next_at);
CREATE INDEX sandbox_notifications_trade ON sandbox_notifications (trade_id, id);
