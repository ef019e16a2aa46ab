-- +goose Up
CREATE TABLE a (id BIGINT);
