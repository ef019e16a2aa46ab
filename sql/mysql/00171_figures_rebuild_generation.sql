-- +goose Up
ALTER TABLE figures_rebuild ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
