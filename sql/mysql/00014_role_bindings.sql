-- +goose Up
CREATE TABLE role_bindings (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  role_name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  domain VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY role_bindings_natural (user_id, domain, role_name),
  KEY role_bindings_domain (domain, role_name, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
