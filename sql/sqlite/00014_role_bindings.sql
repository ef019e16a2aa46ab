-- +goose Up
CREATE TABLE role_bindings (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role_name TEXT NOT NULL,
  domain TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE UNIQUE INDEX role_bindings_natural ON role_bindings (user_id, domain, role_name);
CREATE INDEX role_bindings_domain ON role_bindings (domain, role_name, id);
