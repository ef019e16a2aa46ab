-- +goose Up
CREATE TABLE changes (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payload MEDIUMTEXT NOT NULL,
  sealed MEDIUMBLOB NOT NULL,
  approval_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  requested_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  requested_at BIGINT NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  usable_until BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY changes_list (merchant_id, status, id),
  CONSTRAINT changes_states CHECK (status IN ('waiting', 'ready', 'done', 'ended'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
