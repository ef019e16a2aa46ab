-- +goose Up
CREATE TABLE second_factor_rules (
  domain TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (domain)
) STRICT;
