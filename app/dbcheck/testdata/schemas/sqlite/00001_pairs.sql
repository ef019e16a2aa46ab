-- +goose Up
CREATE TABLE pairs (
  id INTEGER NOT NULL PRIMARY KEY,
  kind INTEGER NOT NULL,
  nullable TEXT,
  filled INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX pairs_nullable ON pairs (nullable);
CREATE UNIQUE INDEX pairs_filled ON pairs (filled) WHERE filled > 0;
CREATE INDEX pairs_kind ON pairs (kind) WHERE filled > 0;
