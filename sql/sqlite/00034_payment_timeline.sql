-- +goose Up
CREATE TABLE payment_timeline (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  attempt_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  message TEXT NOT NULL,
  args TEXT NOT NULL,
  result TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  request_text TEXT NOT NULL,
  response_text TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX payment_timeline_payment ON payment_timeline (payment_id, id);
