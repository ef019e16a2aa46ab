-- +goose Up
CREATE TABLE exception_history (
  id TEXT NOT NULL,
  exception_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  request_id TEXT NOT NULL,
  from_status TEXT NOT NULL,
  to_status TEXT NOT NULL,
  note TEXT NOT NULL,
  args TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX exception_history_of ON exception_history (exception_id, version, id);
