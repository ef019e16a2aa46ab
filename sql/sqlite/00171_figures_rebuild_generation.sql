-- +goose Up
ALTER TABLE figures_rebuild ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
