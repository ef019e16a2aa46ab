-- +goose Up
CREATE TABLE adopted_refunds (
  attempt_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  number VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  refund_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (attempt_id, number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
