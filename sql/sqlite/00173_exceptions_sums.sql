-- +goose Up
CREATE INDEX exceptions_sums ON exceptions (merchant_id, mode, day, status, identity_id, account_id, difference);
CREATE INDEX exceptions_open ON exceptions (status, mode);
