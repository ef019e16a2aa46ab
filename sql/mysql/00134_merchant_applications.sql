-- +goose Up
CREATE TABLE merchant_applications (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  company VARCHAR(190) NOT NULL,
  contact VARCHAR(190) NOT NULL,
  email VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  locale VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(500) NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  invitation_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  decided_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  decided_name VARCHAR(190) NOT NULL,
  decided_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY merchant_applications_token (token_hash),
  KEY merchant_applications_list (status, id),
  KEY merchant_applications_expiry (status, expires_at),
  CONSTRAINT merchant_applications_states CHECK (status IN ('unverified', 'waiting', 'approved', 'rejected'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
