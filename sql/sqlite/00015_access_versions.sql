-- +goose Up
CREATE TABLE access_versions (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT;
