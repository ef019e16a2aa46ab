-- +goose Up
CREATE TABLE passkeys (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  slot INTEGER NOT NULL,
  credential_hash TEXT NOT NULL,
  credential_id BLOB NOT NULL,
  public_key BLOB NOT NULL,
  name TEXT NOT NULL,
  transports TEXT NOT NULL,
  sign_count INTEGER NOT NULL,
  backup_eligible INTEGER NOT NULL,
  backed_up INTEGER NOT NULL,
  cloned_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT passkeys_slots CHECK (slot BETWEEN 1 AND 10)
) STRICT;
CREATE UNIQUE INDEX passkeys_credential ON passkeys (credential_hash);
CREATE UNIQUE INDEX passkeys_user ON passkeys (user_id, slot);
