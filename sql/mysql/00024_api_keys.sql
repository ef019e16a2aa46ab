-- +goose Up
CREATE TABLE api_keys (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(128) NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  prefix VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  secret_hash VARBINARY(32) NULL,
  scopes MEDIUMTEXT NOT NULL,
  allowed_ips MEDIUMTEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  rolled_from VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  rolled_to VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY api_keys_secret (secret_hash),
  KEY api_keys_list (merchant_id, mode, id),
  CONSTRAINT api_keys_modes CHECK (mode IN ('test', 'live')),
  CONSTRAINT api_keys_secrets CHECK (kind <> 'bearer' OR secret_hash IS NOT NULL)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
