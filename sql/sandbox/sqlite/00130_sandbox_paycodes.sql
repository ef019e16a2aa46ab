-- +goose Up
CREATE TABLE sandbox_paycodes (
  auth_code TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  behaviour TEXT NOT NULL CHECK (behaviour IN ('ok', 'password', 'refuse')),
  trade_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
