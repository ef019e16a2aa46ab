-- +goose Up
ALTER TABLE sandbox_trades ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= amount);
ALTER TABLE sandbox_trades ADD COLUMN refunds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sandbox_trades ADD COLUMN refunded_at INTEGER NOT NULL DEFAULT 0;
