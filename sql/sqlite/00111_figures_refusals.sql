-- +goose Up
CREATE TABLE figures_refusals (
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  span TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  channel TEXT NOT NULL,
  error_code TEXT NOT NULL,
  refused INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, mode, span, starts_at, channel, error_code)
) STRICT;
CREATE INDEX figures_refusals_platform ON figures_refusals (mode, span, starts_at, channel, error_code, refused);
