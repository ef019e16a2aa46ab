-- +goose Up
CREATE TABLE sandbox_bill_faults (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bill_day VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fault VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  wanted BIGINT NOT NULL,
  used BIGINT NOT NULL,
  number VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  delta BIGINT NOT NULL,
  picked MEDIUMTEXT NOT NULL,
  effect BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY sandbox_bill_faults_account (account, bill_day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
