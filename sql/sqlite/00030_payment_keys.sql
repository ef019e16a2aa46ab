-- +goose Up
CREATE TABLE payment_keys (
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  order_no TEXT NOT NULL,
  payment_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (merchant_id, mode, order_no)
) STRICT;
CREATE INDEX payment_keys_payment ON payment_keys (payment_id);
