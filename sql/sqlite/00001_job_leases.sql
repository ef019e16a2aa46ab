-- +goose Up
CREATE TABLE job_leases (
  name TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  fence INTEGER NOT NULL
) STRICT;
