-- +goose Up
DROP INDEX payments_list;
DROP INDEX payments_status;
CREATE INDEX payments_list ON payments (merchant_id, mode, id, amount);
CREATE INDEX payments_status ON payments (merchant_id, mode, status, id, channel, method, amount);
