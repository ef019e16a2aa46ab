-- +goose Up
CREATE TABLE pairs (
  id BIGINT NOT NULL,
  kind VARCHAR(8) NOT NULL,
  nullable VARCHAR(8) NOT NULL,
  filled BIGINT NOT NULL DEFAULT 0,
  extra BIGINT,
  PRIMARY KEY (id, kind),
  KEY pairs_nullable (nullable),
  CONSTRAINT pairs_filled CHECK (filled >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
