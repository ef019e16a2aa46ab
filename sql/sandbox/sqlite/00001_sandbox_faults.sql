-- +goose Up
CREATE TABLE sandbox_faults (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  fault TEXT NOT NULL,
  remaining INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_faults_channel ON sandbox_faults (channel, fault);
