-- +goose Up
ALTER TABLE attempts ADD COLUMN refund_reserved INTEGER NOT NULL DEFAULT 0
  CONSTRAINT attempts_reserved CHECK (refund_reserved >= 0 AND refund_reserved <= amount);
ALTER TABLE attempts ADD COLUMN refund_turn TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN refund_free_at INTEGER NOT NULL DEFAULT 0;
