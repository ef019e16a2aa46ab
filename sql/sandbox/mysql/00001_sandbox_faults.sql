-- +goose Up
CREATE TABLE sandbox_faults (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  account VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fault VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  remaining BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY sandbox_faults_channel (channel, fault)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
