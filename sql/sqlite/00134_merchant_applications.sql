-- +goose Up
CREATE TABLE merchant_applications (
  id TEXT NOT NULL,
  company TEXT NOT NULL,
  contact TEXT NOT NULL,
  email TEXT NOT NULL,
  locale TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  invitation_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  decided_name TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT merchant_applications_states CHECK (status IN ('unverified', 'waiting', 'approved', 'rejected'))
) STRICT;
CREATE UNIQUE INDEX merchant_applications_token ON merchant_applications (token_hash);
CREATE INDEX merchant_applications_list ON merchant_applications (status, id);
CREATE INDEX merchant_applications_expiry ON merchant_applications (status, expires_at);
