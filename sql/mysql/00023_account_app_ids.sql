-- +goose Up
CREATE TABLE account_app_ids (
  account_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  app_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ordinal BIGINT NOT NULL,
  app_secret BLOB NULL,
  PRIMARY KEY (account_id, app_id),
  UNIQUE KEY account_app_ids_natural (merchant_id, mode, identity_id, app_id),
  CONSTRAINT account_app_ids_kinds CHECK (kind IN ('official', 'mini', 'app', 'web'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
