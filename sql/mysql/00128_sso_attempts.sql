-- +goose Up
CREATE TABLE sso_attempts (
  state_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  provider VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  browser VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  next VARCHAR(2000) NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (state_hash),
  KEY sso_attempts_expiry (expires_at),
  CONSTRAINT sso_attempts_purposes CHECK (purpose IN ('sign_in', 'link', 'confirm'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
