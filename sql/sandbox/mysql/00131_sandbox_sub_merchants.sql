-- +goose Up
CREATE TABLE sandbox_sub_merchants (
  id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  provider_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  app_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seller_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY sandbox_sub_merchants_token (token),
  KEY sandbox_sub_merchants_provider (provider_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
