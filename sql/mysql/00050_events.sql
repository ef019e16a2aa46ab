-- +goose Up
CREATE TABLE events (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  merchant_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payload MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seq BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY events_seq (seq),
  KEY events_by_merchant (merchant_id, mode, seq),
  KEY events_by_type (merchant_id, mode, type, seq),
  KEY events_by_object (merchant_id, object_id, id),
  CONSTRAINT events_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT events_seq_positive CHECK (seq > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
