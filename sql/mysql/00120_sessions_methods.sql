-- +goose Up
ALTER TABLE sessions ADD COLUMN methods VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pwd';
