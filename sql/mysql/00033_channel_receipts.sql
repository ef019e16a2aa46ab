-- +goose Up
CREATE TABLE channel_receipts (
  channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  transaction_no VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (channel, identity, transaction_no, kind),
  KEY channel_receipts_object (object_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
