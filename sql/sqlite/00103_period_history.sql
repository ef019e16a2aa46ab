-- +goose Up
CREATE TABLE period_history (
  id TEXT NOT NULL,
  period_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  approval_id TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX period_history_of ON period_history (period_id, id);
