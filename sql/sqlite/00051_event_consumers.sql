-- +goose Up
CREATE TABLE event_consumers (
  name TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT;
