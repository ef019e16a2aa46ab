-- +goose Up
ALTER TABLE attempts ADD COLUMN settlement_amount INTEGER NOT NULL DEFAULT 0;
