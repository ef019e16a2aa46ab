-- +goose Up
ALTER TABLE channel_notifications ADD COLUMN told VARCHAR(2000) NOT NULL DEFAULT '';
