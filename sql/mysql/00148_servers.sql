-- +goose Up
CREATE TABLE servers (
  id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  host VARCHAR(190) NOT NULL,
  version VARCHAR(64) NOT NULL,
  build VARCHAR(190) NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  stopped_at BIGINT NOT NULL,
  facts MEDIUMTEXT NOT NULL,
  PRIMARY KEY (id),
  KEY servers_seen (seen_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
