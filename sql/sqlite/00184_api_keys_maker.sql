-- +goose Up
ALTER TABLE api_keys ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
