-- +goose Up
CREATE TABLE settlement_identities (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sub_identity VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY settlement_identities_natural (merchant_id, mode, channel, identity, sub_identity)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
