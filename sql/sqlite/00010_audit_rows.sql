-- +goose Up
CREATE TABLE audit_rows (
  id TEXT NOT NULL PRIMARY KEY,
  chain TEXT NOT NULL,
  seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  actor_ip TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  before_json TEXT NOT NULL,
  after_json TEXT NOT NULL,
  request_id TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT audit_rows_positive CHECK (seq > 0)
) STRICT;
CREATE UNIQUE INDEX audit_rows_seq ON audit_rows (chain, seq);
CREATE INDEX audit_rows_list ON audit_rows (chain, id);
CREATE INDEX audit_rows_actor ON audit_rows (chain, actor_id, id);
CREATE INDEX audit_rows_action ON audit_rows (chain, action, id);
CREATE INDEX audit_rows_target ON audit_rows (chain, target, id);
