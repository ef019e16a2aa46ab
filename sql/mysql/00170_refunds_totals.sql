-- +goose Up
ALTER TABLE refunds ADD KEY refunds_totals (merchant_id, mode, id, status, amount), DROP KEY refunds_list;
