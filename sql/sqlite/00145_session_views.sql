-- +goose Up
CREATE TABLE session_views (
  session_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (session_id)
) STRICT;
CREATE INDEX session_views_until ON session_views (until_at);
