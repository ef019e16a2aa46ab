-- +goose Up
CREATE TABLE forged_notifications (
  account_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  samples TEXT NOT NULL,
  PRIMARY KEY (account_id, hour)
) STRICT;
