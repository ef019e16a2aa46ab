-- +goose Up
CREATE INDEX sandbox_trades_paid ON sandbox_trades (merchant_id, paid_at, id);
CREATE INDEX sandbox_trades_provider_paid ON sandbox_trades (provider_id, paid_at, id);
