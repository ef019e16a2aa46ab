-- +goose Up
CREATE TABLE job_states (
  name TEXT NOT NULL,
  result TEXT NOT NULL,
  server TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  succeeded_at INTEGER NOT NULL,
  failed_at INTEGER NOT NULL,
  error TEXT NOT NULL,
  running_server TEXT NOT NULL,
  running_since INTEGER NOT NULL,
  PRIMARY KEY (name),
  CONSTRAINT job_states_results CHECK (result IN ('', 'ok', 'error', 'panic'))
) STRICT;
