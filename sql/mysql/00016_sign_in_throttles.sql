-- +goose Up
CREATE TABLE sign_in_throttles (
  subject VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  failures BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  PRIMARY KEY (subject),
  KEY sign_in_throttles_last (last_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
