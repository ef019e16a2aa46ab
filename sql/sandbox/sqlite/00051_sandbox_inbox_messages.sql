-- +goose Up
CREATE TABLE sandbox_inbox_messages (
  id TEXT NOT NULL PRIMARY KEY,
  inbox TEXT NOT NULL,
  verified INTEGER NOT NULL,
  problem TEXT NOT NULL,
  headers TEXT NOT NULL,
  body TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_inbox_messages_inbox ON sandbox_inbox_messages (inbox, id);
