-- +goose Up
CREATE TABLE sign_in_throttles (
  subject TEXT NOT NULL,
  failures INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  PRIMARY KEY (subject)
) STRICT;
CREATE INDEX sign_in_throttles_last ON sign_in_throttles (last_at);
