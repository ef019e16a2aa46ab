-- +goose Up
CREATE TABLE sso_attempts (
  state_hash TEXT NOT NULL,
  provider TEXT NOT NULL,
  browser TEXT NOT NULL,
  user_id TEXT NOT NULL,
  next TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (state_hash)
) STRICT;
CREATE INDEX sso_attempts_expiry ON sso_attempts (expires_at);
