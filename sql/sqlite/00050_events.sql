-- +goose Up
CREATE TABLE events (
  id TEXT NOT NULL PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL CONSTRAINT events_mode CHECK (mode IN ('test', 'live')),
  type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seq INTEGER NULL CONSTRAINT events_seq_positive CHECK (seq > 0)
) STRICT;
CREATE UNIQUE INDEX events_seq ON events (seq);
CREATE INDEX events_unsequenced ON events (id) WHERE seq IS NULL;
CREATE INDEX events_by_merchant ON events (merchant_id, mode, seq);
CREATE INDEX events_by_type ON events (merchant_id, mode, type, seq);
CREATE INDEX events_by_object ON events (merchant_id, object_id, id);
