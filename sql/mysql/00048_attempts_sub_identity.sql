-- +goose Up
ALTER TABLE attempts ADD COLUMN sub_identity VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
