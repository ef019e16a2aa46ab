-- +goose Up
ALTER TABLE accounts
  ADD COLUMN fee_rate BIGINT NOT NULL DEFAULT -1,
  ADD CONSTRAINT accounts_fee_rates CHECK (fee_rate >= -1 AND fee_rate <= 1000000);
