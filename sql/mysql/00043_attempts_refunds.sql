-- +goose Up
ALTER TABLE attempts
  ADD COLUMN refund_reserved BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN refund_turn VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN refund_free_at BIGINT NOT NULL DEFAULT 0,
  ADD CONSTRAINT attempts_reserved CHECK (refund_reserved >= 0 AND refund_reserved <= amount);
