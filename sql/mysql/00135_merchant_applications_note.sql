-- +goose Up
ALTER TABLE merchant_applications
  ADD COLUMN note VARCHAR(500) NOT NULL DEFAULT '',
  ADD COLUMN verified_at BIGINT NOT NULL DEFAULT 0;
