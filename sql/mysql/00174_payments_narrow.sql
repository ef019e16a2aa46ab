-- +goose Up
ALTER TABLE payments
  DROP KEY payments_list,
  DROP KEY payments_status,
  ADD KEY payments_list (merchant_id, mode, id, amount),
  ADD KEY payments_status (merchant_id, mode, status, id, channel, method, amount);
