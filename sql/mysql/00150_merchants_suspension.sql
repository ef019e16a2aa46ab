-- +goose Up
ALTER TABLE merchants
  ADD COLUMN suspended_reason VARCHAR(300) NOT NULL DEFAULT '',
  ADD COLUMN suspended_at BIGINT NOT NULL DEFAULT 0,
  ADD KEY merchants_name (name, id);
