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
  requested_kind TEXT NOT NULL,
  requested_id TEXT NOT NULL,
  requested_name TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  locked_by_kind TEXT NOT NULL,
  locked_by_id TEXT NOT NULL,
  locked_by_name TEXT NOT NULL,
  locked_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT periods_states CHECK (status IN ('open', 'locking', 'locked', 'reopening'))
) STRICT;
CREATE UNIQUE INDEX periods_natural ON periods (merchant_id, mode, month);
