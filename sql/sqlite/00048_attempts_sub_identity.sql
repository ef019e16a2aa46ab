-- +goose Up
ALTER TABLE attempts ADD COLUMN sub_identity TEXT NOT NULL DEFAULT '';
