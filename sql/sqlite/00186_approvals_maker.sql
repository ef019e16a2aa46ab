-- +goose Up
ALTER TABLE approvals ADD COLUMN requested_maker TEXT NOT NULL DEFAULT '';
