-- +goose Up
ALTER TABLE channel_notifications ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE channel_notifications ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE channel_notifications ADD COLUMN resolved_by TEXT NOT NULL DEFAULT '';
