-- +goose Up
CREATE TABLE channel_receipts (
  channel TEXT NOT NULL,
  identity TEXT NOT NULL,
  transaction_no TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (channel, identity, transaction_no, kind)
) STRICT;
CREATE INDEX channel_receipts_object ON channel_receipts (object_id);
