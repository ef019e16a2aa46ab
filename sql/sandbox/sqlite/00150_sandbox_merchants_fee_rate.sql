-- +goose Up
ALTER TABLE sandbox_merchants ADD COLUMN fee_rate INTEGER NOT NULL DEFAULT 6000;
