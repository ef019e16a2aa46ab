-- +goose Up
ALTER TABLE attempts ADD COLUMN settlement_amount BIGINT NOT NULL DEFAULT 0;
