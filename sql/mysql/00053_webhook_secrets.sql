-- +goose Up
CREATE TABLE webhook_secrets (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  endpoint_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  scheme VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sealed BLOB NOT NULL,
  public_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY webhook_secrets_by_endpoint (endpoint_id, id),
  CONSTRAINT webhook_secrets_scheme CHECK (scheme IN ('v1', 'v1a'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
