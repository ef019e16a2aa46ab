-- +goose Up
ALTER TABLE refunds
  ADD COLUMN sub_identity VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN booked_at BIGINT NOT NULL DEFAULT 0,
  ADD KEY refunds_books (merchant_id, mode, channel, identity, sub_identity, booked_at, payment_id, attempt_id, account_id, number, channel_refund_no, status, amount, succeeded_at, recovered),
  ADD KEY refunds_number (merchant_id, mode, number);
