-- +goose Up
CREATE TABLE invitations (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  email VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  role_name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  invited_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  invited_name VARCHAR(190) NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ended_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY invitations_token (token_hash),
  KEY invitations_list (merchant_id, status, id),
  CONSTRAINT invitations_states CHECK (status IN ('pending', 'accepted', 'revoked'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
