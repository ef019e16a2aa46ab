-- +goose Up
ALTER TABLE sandbox_trades ADD COLUMN provider_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_trades ADD COLUMN code_state TEXT NOT NULL DEFAULT '';
CREATE INDEX sandbox_trades_expiring ON sandbox_trades (state, channel, expires_at);
