-- +goose Up
CREATE TABLE settlement_identities (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  channel TEXT NOT NULL,
  identity TEXT NOT NULL,
  sub_identity TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE UNIQUE INDEX settlement_identities_natural ON settlement_identities (merchant_id, mode, channel, identity, sub_identity);
