-- +goose Up
ALTER TABLE sandbox_trades
  DROP KEY sandbox_trades_expiring,
  ADD KEY sandbox_trades_ending (channel, trade_type, state, expires_at);
