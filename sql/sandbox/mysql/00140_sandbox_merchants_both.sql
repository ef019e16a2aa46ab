-- +goose Up
ALTER TABLE sandbox_merchants
  DROP CONSTRAINT sandbox_merchants_mode_known,
  ADD CONSTRAINT sandbox_merchants_mode_known CHECK (mode IN ('public_key', 'certificate', 'both'));
