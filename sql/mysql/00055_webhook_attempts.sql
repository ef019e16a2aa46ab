-- +goose Up
CREATE TABLE webhook_attempts (
  delivery_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n BIGINT NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  started_at BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  code BIGINT NOT NULL,
  error VARCHAR(500) NOT NULL,
  response MEDIUMTEXT NOT NULL,
  request_headers MEDIUMTEXT NOT NULL,
  PRIMARY KEY (delivery_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
