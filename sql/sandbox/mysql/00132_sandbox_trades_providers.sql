-- +goose Up
ALTER TABLE sandbox_trades
  ADD COLUMN provider_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN code_state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD KEY sandbox_trades_expiring (state, channel, expires_at);
