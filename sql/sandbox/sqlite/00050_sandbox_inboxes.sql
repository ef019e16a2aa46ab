-- +goose Up
CREATE TABLE sandbox_inboxes (
  name TEXT NOT NULL PRIMARY KEY,
  secret TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
