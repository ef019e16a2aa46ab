-- +goose Up
CREATE TABLE platform_settings (
  version BIGINT NOT NULL,
  settings MEDIUMTEXT NOT NULL,
  changed_by VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  changed_name VARCHAR(190) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (version),
  CONSTRAINT platform_settings_versions CHECK (version > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
