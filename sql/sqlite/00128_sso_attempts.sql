-- +goose Up
CREATE TABLE sso_attempts (
  state_hash TEXT NOT NULL,
  provider TEXT NOT NULL,
  purpose TEXT NOT NULL,
  browser TEXT NOT NULL,
  user_id TEXT NOT NULL,
  next TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (state_hash),
  CONSTRAINT sso_attempts_purposes CHECK (purpose IN ('sign_in', 'link', 'confirm'))
) STRICT;
CREATE INDEX sso_attempts_expiry ON sso_attempts (expires_at);
