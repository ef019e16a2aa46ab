-- +goose Up
CREATE TABLE platform_settings (
  version INTEGER NOT NULL,
  settings TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (version),
  CONSTRAINT platform_settings_versions CHECK (version > 0)
) STRICT;
