-- +goose Up
CREATE TABLE passkey_ceremonies (
  challenge_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  purpose VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  data MEDIUMTEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (challenge_hash),
  KEY passkey_ceremonies_expiry (expires_at),
  CONSTRAINT passkey_ceremonies_purposes CHECK (purpose IN ('register', 'sign_in', 'second_factor', 'confirm'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
