-- +goose Up
CREATE TABLE account_certificates (
  account_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  owner VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires_at BIGINT NOT NULL,
  told_expiry BIGINT NOT NULL,
  told_days BIGINT NOT NULL,
  serials VARCHAR(1024) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tried_at BIGINT NOT NULL,
  fetched_at BIGINT NOT NULL,
  stale_since BIGINT NOT NULL,
  last_error VARCHAR(512) NOT NULL,
  PRIMARY KEY (account_id, owner),
  KEY account_certificates_list (merchant_id, mode, account_id),
  CONSTRAINT account_certificates_owners CHECK (owner IN ('account', 'channel'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
