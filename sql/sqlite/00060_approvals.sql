-- +goose Up
CREATE TABLE approvals (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  summary TEXT NOT NULL,
  requested_kind TEXT NOT NULL,
  requested_id TEXT NOT NULL,
  requested_name TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  decided_kind TEXT NOT NULL,
  decided_id TEXT NOT NULL,
  decided_name TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  note TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT approvals_states CHECK (status IN ('pending', 'approved', 'rejected', 'withdrawn'))
) STRICT;
CREATE INDEX approvals_list ON approvals (merchant_id, mode, id);
CREATE INDEX approvals_status ON approvals (merchant_id, mode, status, id);
CREATE INDEX approvals_object ON approvals (object_id, id);
