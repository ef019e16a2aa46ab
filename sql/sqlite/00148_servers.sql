-- +goose Up
CREATE TABLE servers (
  id TEXT NOT NULL,
  host TEXT NOT NULL,
  version TEXT NOT NULL,
  build TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  stopped_at INTEGER NOT NULL,
  facts TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX servers_seen ON servers (seen_at);
