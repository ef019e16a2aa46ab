-- +goose Up
ALTER TABLE merchant_applications ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE merchant_applications ADD COLUMN verified_at INTEGER NOT NULL DEFAULT 0;
