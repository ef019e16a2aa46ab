-- +goose Up
ALTER TABLE api_keys ADD COLUMN made_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
