-- +goose Up
CREATE TABLE sandbox_sub_merchants (
  id TEXT NOT NULL PRIMARY KEY,
  provider_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  app_id TEXT NOT NULL,
  seller_id TEXT NOT NULL,
  token TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sandbox_sub_merchants_token ON sandbox_sub_merchants (token);
CREATE INDEX sandbox_sub_merchants_provider ON sandbox_sub_merchants (provider_id, id);
