-- +goose Up
CREATE TABLE totp_factors (
  user_id TEXT NOT NULL,
  sealed_seed BLOB NOT NULL,
  last_step INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (user_id)
) STRICT;
