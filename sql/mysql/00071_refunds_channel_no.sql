-- +goose Up
ALTER TABLE refunds ADD KEY refunds_channel_no (merchant_id, channel_refund_no);
