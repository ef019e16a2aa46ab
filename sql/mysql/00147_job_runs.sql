-- +goose Up
CREATE TABLE job_runs (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  job VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cause VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asked_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asked_name VARCHAR(190) NOT NULL,
  asked_at BIGINT NOT NULL,
  server VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lease_until BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  error MEDIUMTEXT NOT NULL,
  PRIMARY KEY (id),
  KEY job_runs_job (job, id),
  KEY job_runs_state (state, asked_at),
  CONSTRAINT job_runs_states CHECK (state IN ('asked', 'running', 'ok', 'error', 'panic', 'lost')),
  CONSTRAINT job_runs_causes CHECK (cause IN ('schedule', 'request'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
