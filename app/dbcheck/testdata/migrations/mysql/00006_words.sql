-- +goose Up
CREATE TABLE e (system BIGINT);
