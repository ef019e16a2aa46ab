-- +goose Up
CREATE TABLE job_runs (
  id TEXT NOT NULL,
  job TEXT NOT NULL,
  state TEXT NOT NULL,
  cause TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  server TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT job_runs_states CHECK (state IN ('asked', 'running', 'ok', 'error', 'panic', 'lost')),
  CONSTRAINT job_runs_causes CHECK (cause IN ('schedule', 'request'))
) STRICT;
CREATE INDEX job_runs_job ON job_runs (job, id);
CREATE INDEX job_runs_state ON job_runs (state, asked_at);
