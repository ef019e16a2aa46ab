-- +goose Up
CREATE TABLE sandbox_merchants (
  id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  app_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seller_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  secrets MEDIUMTEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY sandbox_merchants_created (created_at, id),
  CONSTRAINT sandbox_merchants_channel_known CHECK (channel IN ('wechat', 'alipay')),
  CONSTRAINT sandbox_merchants_mode_known CHECK (mode IN ('public_key', 'certificate'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
