-- +goose Up
ALTER TABLE approvals
  ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0,
  ADD KEY approvals_inbox (merchant_id, status, id),
  ADD KEY approvals_requester (merchant_id, requested_id, id),
  ADD KEY approvals_expiry (status, expires_at);
