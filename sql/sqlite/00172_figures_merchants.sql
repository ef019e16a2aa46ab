-- +goose Up
CREATE INDEX figures_merchants ON figures (mode, span, starts_at, merchant_id, channel, created, succeeded, succeeded_amount, refunds_standing, refunds_standing_amount);
DROP INDEX figures_platform;
