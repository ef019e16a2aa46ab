-- +goose Up
CREATE TABLE refund_keys (
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  refund_no VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  refund_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fingerprint VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (merchant_id, mode, refund_no),
  KEY refund_keys_refund (refund_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
