-- +goose Up
ALTER TABLE channel_notifications ADD COLUMN told TEXT NOT NULL DEFAULT '';
