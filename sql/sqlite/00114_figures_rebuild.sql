-- +goose Up
CREATE TABLE figures_rebuild (
  name TEXT NOT NULL PRIMARY KEY,
  phase TEXT NOT NULL,
  position TEXT NOT NULL
) STRICT;
