-- +goose Up
CREATE TABLE periods (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  month TEXT NOT NULL,
  status TEXT NOT NULL,
  approval_id TEXT NOT NULL,
  asked_digest TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked_kind TEXT NOT NULL,
  asked_id TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  handled_kind TEXT NOT NULL,
  handled_id TEXT NOT NULL,
  handled_name TEXT NOT NULL,
  checked_kind TEXT NOT NULL,
  checked_id TEXT NOT NULL,
  checked_name TEXT NOT NULL,
  locked_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT periods_states CHECK (status IN ('open', 'locking', 'locked', 'reopening'))
) STRICT;
CREATE UNIQUE INDEX periods_natural ON periods (merchant_id, mode, month);
