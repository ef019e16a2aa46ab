-- +goose Up
ALTER TABLE exceptions
  ADD KEY exceptions_sums (merchant_id, mode, day, status, identity_id, account_id, difference),
  ADD KEY exceptions_open (status, mode);
