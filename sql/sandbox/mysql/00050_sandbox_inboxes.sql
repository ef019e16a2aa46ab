-- +goose Up
CREATE TABLE sandbox_inboxes (
  name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  secret VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
