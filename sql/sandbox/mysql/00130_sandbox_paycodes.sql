-- +goose Up
CREATE TABLE sandbox_paycodes (
  auth_code VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  behaviour VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  trade_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (auth_code),
  CONSTRAINT sandbox_paycodes_behaviour_known CHECK (behaviour IN ('ok', 'password', 'refuse'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
