-- +goose Up
ALTER TABLE sandbox_refunds ADD COLUMN closed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sandbox_refunds ADD COLUMN abnormal_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sandbox_refunds_created ON sandbox_refunds (merchant_id, created_at, id);
CREATE INDEX sandbox_refunds_succeeded ON sandbox_refunds (merchant_id, succeeded_at, id);
CREATE INDEX sandbox_refunds_closed ON sandbox_refunds (merchant_id, closed_at, id);
