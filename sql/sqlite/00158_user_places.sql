-- +goose Up
CREATE TABLE user_places (
  user_id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (user_id)
) STRICT;
