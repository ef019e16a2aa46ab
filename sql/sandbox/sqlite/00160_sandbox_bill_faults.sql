-- +goose Up
CREATE TABLE sandbox_bill_faults (
  id TEXT NOT NULL PRIMARY KEY,
  channel TEXT NOT NULL,
  account TEXT NOT NULL,
  bill_day TEXT NOT NULL,
  fault TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  used INTEGER NOT NULL,
  number TEXT NOT NULL,
  delta INTEGER NOT NULL,
  picked TEXT NOT NULL,
  effect INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_bill_faults_account ON sandbox_bill_faults (account, bill_day);
