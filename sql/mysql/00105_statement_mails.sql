-- +goose Up
CREATE TABLE statement_mails (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tries BIGINT NOT NULL,
  error VARCHAR(500) NOT NULL,
  next_at BIGINT NOT NULL,
  lease_owner VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lease_until BIGINT NOT NULL,
  sent_version BIGINT NOT NULL,
  wanted_version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY statement_mails_natural (merchant_id, mode, day),
  KEY statement_mails_due (next_at, id),
  CONSTRAINT statement_mails_states CHECK (status IN ('waiting', 'sent', 'failed', 'off'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
