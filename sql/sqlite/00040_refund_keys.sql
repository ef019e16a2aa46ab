-- +goose Up
CREATE TABLE refund_keys (
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  refund_no TEXT NOT NULL,
  refund_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (merchant_id, mode, refund_no)
) STRICT;
CREATE INDEX refund_keys_refund ON refund_keys (refund_id);
