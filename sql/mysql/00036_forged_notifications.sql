-- +goose Up
CREATE TABLE forged_notifications (
  account_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hour BIGINT NOT NULL,
  hits BIGINT NOT NULL,
  samples MEDIUMTEXT NOT NULL,
  PRIMARY KEY (account_id, hour)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
