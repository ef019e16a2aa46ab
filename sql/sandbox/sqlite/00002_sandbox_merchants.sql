-- +goose Up
CREATE TABLE sandbox_merchants (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL CHECK (channel IN ('wechat', 'alipay')),
  mode TEXT NOT NULL CHECK (mode IN ('public_key', 'certificate')),
  app_id TEXT NOT NULL,
  seller_id TEXT NOT NULL,
  secrets TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_merchants_created ON sandbox_merchants (created_at, id);
