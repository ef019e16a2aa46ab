-- +goose Up
CREATE TABLE changes (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  sealed BLOB NOT NULL,
  approval_id TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  usable_until INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT changes_states CHECK (status IN ('waiting', 'ready', 'done', 'ended'))
) STRICT;
CREATE INDEX changes_list ON changes (merchant_id, status, id);
