-- +goose Up
ALTER TABLE attempts ADD KEY attempts_books (merchant_id, mode, channel, identity, sub_identity, paid_at, payment_id, account_id, channel_trade_no, amount, settlement_amount, recovered);
