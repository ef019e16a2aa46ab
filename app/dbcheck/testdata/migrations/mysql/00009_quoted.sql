-- +goose Up
CREATE TABLE g (`id` BIGINT);
