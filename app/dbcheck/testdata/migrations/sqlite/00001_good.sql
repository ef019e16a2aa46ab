-- +goose Up
CREATE TABLE good (id BIGINT NOT NULL, PRIMARY KEY (id));
