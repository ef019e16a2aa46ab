-- +goose Up
CREATE TABLE second_factor_rules (
  domain VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (domain)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
