-- +goose Up
CREATE TABLE sandbox_notification_attempts (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  notification_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  number BIGINT NOT NULL,
  fault VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  replayed TINYINT NOT NULL,
  accepted TINYINT NOT NULL,
  status BIGINT NOT NULL,
  excerpt VARCHAR(2048) NOT NULL,
  problem VARCHAR(1024) NOT NULL,
  duration_ms BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY sandbox_notification_attempts_of (notification_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
