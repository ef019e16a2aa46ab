-- +goose Up
ALTER TABLE sandbox_merchants ADD COLUMN fee_rate BIGINT NOT NULL DEFAULT 6000;
