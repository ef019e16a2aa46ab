-- +goose Up
ALTER TABLE approvals ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX approvals_inbox ON approvals (merchant_id, status, id);
CREATE INDEX approvals_requester ON approvals (merchant_id, requested_id, id);
CREATE INDEX approvals_expiry ON approvals (status, expires_at);
