-- +goose Up
CREATE TABLE statement_mails (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  day TEXT NOT NULL,
  status TEXT NOT NULL,
  tries INTEGER NOT NULL,
  error TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  sent_version INTEGER NOT NULL,
  wanted_version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT statement_mails_states CHECK (status IN ('waiting', 'sent', 'failed', 'off'))
) STRICT;
CREATE UNIQUE INDEX statement_mails_natural ON statement_mails (merchant_id, mode, day);
CREATE INDEX statement_mails_due ON statement_mails (next_at, id);
