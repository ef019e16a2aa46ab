-- +goose Up
CREATE TABLE user_identities (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE UNIQUE INDEX user_identities_subject ON user_identities (issuer, subject);
CREATE UNIQUE INDEX user_identities_user ON user_identities (user_id, issuer);
