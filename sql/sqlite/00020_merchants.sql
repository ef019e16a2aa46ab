-- +goose Up
CREATE TABLE merchants (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  settings TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT merchants_states CHECK (status IN ('active', 'suspended'))
) STRICT;
CREATE INDEX merchants_status ON merchants (status, id);
