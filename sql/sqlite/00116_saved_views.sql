-- +goose Up
CREATE TABLE saved_views (
  id TEXT NOT NULL,
  merchant_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  user_id TEXT NOT NULL,
  list TEXT NOT NULL,
  name TEXT NOT NULL,
  filter_query TEXT NOT NULL,
  shared INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX saved_views_own ON saved_views (merchant_id, mode, list, user_id, id);
CREATE INDEX saved_views_shared ON saved_views (merchant_id, mode, list, shared, id);
