-- +goose Up
CREATE TABLE sandbox_authorities (
  name VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  certificate MEDIUMTEXT NOT NULL,
  private_key MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
