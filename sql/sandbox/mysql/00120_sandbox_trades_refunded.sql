-- +goose Up
ALTER TABLE sandbox_trades
  ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN refunds BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN refunded_at BIGINT NOT NULL DEFAULT 0,
  ADD CONSTRAINT sandbox_trades_refunded_bounded CHECK (refunded >= 0 AND refunded <= amount);
