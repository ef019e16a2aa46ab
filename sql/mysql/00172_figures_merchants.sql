-- +goose Up
ALTER TABLE figures
  ADD KEY figures_merchants (mode, span, starts_at, merchant_id, channel, created, succeeded, succeeded_amount, refunds_standing, refunds_standing_amount),
  DROP KEY figures_platform;
