-- +goose Up
CREATE TABLE sandbox_merchants_both (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL CHECK (channel IN ('wechat', 'alipay')),
  mode TEXT NOT NULL CHECK (mode IN ('public_key', 'certificate', 'both')),
  app_id TEXT NOT NULL,
  seller_id TEXT NOT NULL,
  secrets TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO sandbox_merchants_both (id, channel, mode, app_id, seller_id, secrets, version, created_at)
  SELECT id, channel, mode, app_id, seller_id, secrets, version, created_at FROM sandbox_merchants;
DROP TABLE sandbox_merchants;
ALTER TABLE sandbox_merchants_both RENAME TO sandbox_merchants;
CREATE INDEX sandbox_merchants_created ON sandbox_merchants (created_at, id);
