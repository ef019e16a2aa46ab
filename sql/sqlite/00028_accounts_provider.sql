-- +goose Up
ALTER TABLE accounts ADD COLUMN provider_id TEXT NOT NULL DEFAULT '';
CREATE INDEX accounts_provider ON accounts (provider_id, id);
