-- +goose Up
CREATE TABLE audit_checks (
  chain VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  through BIGINT NOT NULL,
  problems BIGINT NOT NULL,
  findings MEDIUMTEXT NOT NULL,
  checked_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  checked_name VARCHAR(190) NOT NULL,
  checked_at BIGINT NOT NULL,
  PRIMARY KEY (chain),
  KEY audit_checks_problems (problems, chain)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
