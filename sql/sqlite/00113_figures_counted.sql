-- +goose Up
CREATE TABLE figures_counted (
  payment_id TEXT NOT NULL PRIMARY KEY,
  facts TEXT NOT NULL
) STRICT;
