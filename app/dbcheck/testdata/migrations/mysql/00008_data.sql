-- +goose Up
INSERT INTO good (id) VALUES (1);
