-- +goose Up
CREATE TABLE passkey_ceremonies (
  challenge_hash TEXT NOT NULL,
  purpose TEXT NOT NULL,
  holder TEXT NOT NULL,
  data TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (challenge_hash),
  CONSTRAINT passkey_ceremonies_purposes CHECK (purpose IN ('register', 'sign_in', 'second_factor', 'confirm'))
) STRICT;
CREATE INDEX passkey_ceremonies_expiry ON passkey_ceremonies (expires_at);
