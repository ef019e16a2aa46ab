-- +goose Up
CREATE INDEX refunds_channel_no ON refunds (merchant_id, channel_refund_no);
