-- +goose Up
CREATE TABLE webhook_endpoints (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  url VARCHAR(2048) NOT NULL,
  description VARCHAR(200) NOT NULL,
  event_types MEDIUMTEXT NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  failing_since BIGINT NOT NULL,
  owed_from BIGINT NOT NULL,
  owed_until BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY webhook_endpoints_by_merchant (merchant_id, mode, id),
  CONSTRAINT webhook_endpoints_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT webhook_endpoints_status CHECK (status IN ('enabled', 'disabled', 'deleted'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
