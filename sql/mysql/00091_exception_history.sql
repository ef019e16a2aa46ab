-- +goose Up
CREATE TABLE exception_history (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  exception_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor_name VARCHAR(190) NOT NULL,
  request_id VARCHAR(128) NOT NULL,
  from_status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  note VARCHAR(500) NOT NULL,
  args MEDIUMTEXT NOT NULL,
  PRIMARY KEY (id),
  KEY exception_history_of (exception_id, version, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
