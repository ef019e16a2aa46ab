-- +goose Up
CREATE INDEX refunds_totals ON refunds (merchant_id, mode, id, status, amount);
DROP INDEX refunds_list;
