-- +goose Up
CREATE TABLE adopted_refunds (
  attempt_id TEXT NOT NULL,
  number TEXT NOT NULL,
  refund_id TEXT NOT NULL,
  PRIMARY KEY (attempt_id, number)
) STRICT;
