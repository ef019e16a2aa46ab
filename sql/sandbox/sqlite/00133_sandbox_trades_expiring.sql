-- +goose Up
DROP INDEX sandbox_trades_expiring;
CREATE INDEX sandbox_trades_ending ON sandbox_trades (channel, trade_type, state, expires_at);
