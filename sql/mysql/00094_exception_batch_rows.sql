-- +goose Up
CREATE TABLE exception_batch_rows (
  batch_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sheet_row BIGINT NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  exception_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  outcome VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  owner_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  owner_name VARCHAR(190) NOT NULL,
  owner_set BIGINT NOT NULL,
  resolution VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  linked_payment_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  note VARCHAR(500) NOT NULL,
  problems MEDIUMTEXT NOT NULL,
  result VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  detail VARCHAR(500) NOT NULL,
  PRIMARY KEY (batch_id, sheet_row),
  KEY exception_batch_rows_outcome (batch_id, outcome, sheet_row)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
