-- +goose Up
CREATE TABLE e (system INTEGER) STRICT;
