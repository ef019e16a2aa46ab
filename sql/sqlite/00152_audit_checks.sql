-- +goose Up
CREATE TABLE audit_checks (
  chain TEXT NOT NULL,
  through INTEGER NOT NULL,
  problems INTEGER NOT NULL,
  findings TEXT NOT NULL,
  checked_by TEXT NOT NULL,
  checked_name TEXT NOT NULL,
  checked_at INTEGER NOT NULL,
  PRIMARY KEY (chain)
) STRICT;
CREATE INDEX audit_checks_problems ON audit_checks (problems, chain);
