-- +goose Up
CREATE TABLE sandbox_inbox_messages (
  id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  inbox VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  verified TINYINT NOT NULL,
  problem VARCHAR(512) NOT NULL,
  headers MEDIUMTEXT NOT NULL,
  body MEDIUMTEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY sandbox_inbox_messages_inbox (inbox, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
