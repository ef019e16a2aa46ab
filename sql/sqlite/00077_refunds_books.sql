-- +goose Up
ALTER TABLE refunds ADD COLUMN sub_identity TEXT NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN booked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX refunds_books ON refunds (merchant_id, mode, channel, identity, sub_identity, booked_at, payment_id, attempt_id, account_id, number, channel_refund_no, status, amount, succeeded_at, recovered);
CREATE INDEX refunds_number ON refunds (merchant_id, mode, number);
