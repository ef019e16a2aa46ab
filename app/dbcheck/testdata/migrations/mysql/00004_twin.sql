-- +goose Up
CREATE TABLE c (id BIGINT);
