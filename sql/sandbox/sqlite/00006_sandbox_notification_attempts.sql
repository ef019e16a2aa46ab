-- +goose Up
CREATE TABLE sandbox_notification_attempts (
  id TEXT NOT NULL PRIMARY KEY,
  notification_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  fault TEXT NOT NULL,
  replayed INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  status INTEGER NOT NULL,
  excerpt TEXT NOT NULL,
  problem TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_notification_attempts_of ON sandbox_notification_attempts (notification_id, id);
