-- +goose Up
ALTER TABLE approvals ADD COLUMN requested_maker VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
