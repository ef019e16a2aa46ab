-- +goose Up
CREATE TABLE user_devices (
  user_id TEXT NOT NULL,
  device_hash TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, device_hash)
) STRICT;
CREATE INDEX user_devices_age ON user_devices (last_seen_at);
