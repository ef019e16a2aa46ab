-- +goose Up
ALTER TABLE accounts
  ADD COLUMN provider_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD KEY accounts_provider (provider_id, id);
