-- +goose Up
CREATE TABLE invitations (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  email TEXT NOT NULL,
  role_name TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  status TEXT NOT NULL,
  invited_by TEXT NOT NULL,
  invited_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_by TEXT NOT NULL,
  ended_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT invitations_states CHECK (status IN ('pending', 'accepted', 'revoked'))
) STRICT;
CREATE UNIQUE INDEX invitations_token ON invitations (token_hash);
CREATE INDEX invitations_list ON invitations (merchant_id, status, id);
