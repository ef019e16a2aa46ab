-- +goose Up
ALTER TABLE invitations ADD COLUMN agreed_by TEXT NOT NULL DEFAULT '';
