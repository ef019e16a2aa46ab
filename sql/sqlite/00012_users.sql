-- +goose Up
CREATE TABLE users (
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  locale TEXT NOT NULL,
  state TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  must_change_password INTEGER NOT NULL,
  password_changed_at INTEGER NOT NULL,
  last_sign_in_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT users_states CHECK (state IN ('active', 'disabled'))
) STRICT;
CREATE UNIQUE INDEX users_email ON users (email);
CREATE INDEX users_state ON users (state, id);
