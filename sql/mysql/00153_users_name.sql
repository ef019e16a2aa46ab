-- +goose Up
ALTER TABLE users ADD KEY users_name (name, id);
