-- +goose Up
CREATE TABLE passkeys (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  slot BIGINT NOT NULL,
  credential_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  credential_id BLOB NOT NULL,
  public_key BLOB NOT NULL,
  name VARCHAR(100) NOT NULL,
  transports VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sign_count BIGINT NOT NULL,
  backup_eligible TINYINT NOT NULL,
  backed_up TINYINT NOT NULL,
  cloned_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY passkeys_credential (credential_hash),
  UNIQUE KEY passkeys_user (user_id, slot),
  CONSTRAINT passkeys_slots CHECK (slot BETWEEN 1 AND 10)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
