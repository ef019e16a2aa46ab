-- +goose Up
CREATE TABLE f (rank INTEGER) STRICT;
