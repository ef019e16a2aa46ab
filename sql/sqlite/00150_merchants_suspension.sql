-- +goose Up
ALTER TABLE merchants ADD COLUMN suspended_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE merchants ADD COLUMN suspended_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX merchants_name ON merchants (name, id);
