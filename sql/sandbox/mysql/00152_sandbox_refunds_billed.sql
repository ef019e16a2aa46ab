-- +goose Up
ALTER TABLE sandbox_refunds
  ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN abnormal_at BIGINT NOT NULL DEFAULT 0,
  ADD KEY sandbox_refunds_created (merchant_id, created_at, id),
  ADD KEY sandbox_refunds_succeeded (merchant_id, succeeded_at, id),
  ADD KEY sandbox_refunds_closed (merchant_id, closed_at, id);
