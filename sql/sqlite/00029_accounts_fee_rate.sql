-- +goose Up
ALTER TABLE accounts ADD COLUMN fee_rate INTEGER NOT NULL DEFAULT -1 CHECK (fee_rate >= -1 AND fee_rate <= 1000000);
