-- +goose Up
ALTER TABLE sandbox_trades
  ADD KEY sandbox_trades_paid (merchant_id, paid_at, id),
  ADD KEY sandbox_trades_provider_paid (provider_id, paid_at, id);
