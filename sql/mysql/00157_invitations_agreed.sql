-- +goose Up
ALTER TABLE invitations ADD COLUMN agreed_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
