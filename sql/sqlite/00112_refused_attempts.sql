-- +goose Up
CREATE TABLE refused_attempts (
  attempt_id TEXT NOT NULL PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  channel TEXT NOT NULL,
  error_code TEXT NOT NULL,
  payment_id TEXT NOT NULL
) STRICT;
CREATE INDEX refused_attempts_list ON refused_attempts (merchant_id, mode, attempt_id);
CREATE INDEX refused_attempts_code ON refused_attempts (merchant_id, mode, channel, error_code, attempt_id);
