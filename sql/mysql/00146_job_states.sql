-- +goose Up
CREATE TABLE job_states (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  result VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  server VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  succeeded_at BIGINT NOT NULL,
  failed_at BIGINT NOT NULL,
  error MEDIUMTEXT NOT NULL,
  running_server VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  running_since BIGINT NOT NULL,
  PRIMARY KEY (name),
  CONSTRAINT job_states_results CHECK (result IN ('', 'ok', 'error', 'panic'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
