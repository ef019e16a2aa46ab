-- +goose Up
ALTER TABLE payments
  ADD COLUMN refund_reserved BIGINT NOT NULL DEFAULT 0,
  ADD CONSTRAINT payments_reserved CHECK (amount_refunded <= refund_reserved AND refund_reserved <= amount);
