-- +goose Up
CREATE TABLE f (rank BIGINT);
