-- +goose Up
CREATE TABLE reconcile_bills (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  run_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  is_current BIGINT NOT NULL,
  name VARCHAR(190) NOT NULL,
  archive_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  size BIGINT NOT NULL,
  format VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash_type VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  line_count BIGINT NOT NULL,
  problem_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  problem_line BIGINT NOT NULL,
  problem_detail VARCHAR(512) NOT NULL,
  fetched_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY reconcile_bills_natural (run_id, kind, archive_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
