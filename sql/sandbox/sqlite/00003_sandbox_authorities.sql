-- +goose Up
CREATE TABLE sandbox_authorities (
  name TEXT NOT NULL PRIMARY KEY,
  certificate TEXT NOT NULL,
  private_key TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
