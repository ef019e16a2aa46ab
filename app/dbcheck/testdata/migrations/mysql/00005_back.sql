-- +goose Up
CREATE TABLE d (id BIGINT);
-- +goose Down
DROP TABLE d;
