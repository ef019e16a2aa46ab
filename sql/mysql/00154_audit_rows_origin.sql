-- +goose Up
ALTER TABLE audit_rows
  ADD COLUMN version BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN session_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN actor_agent VARCHAR(300) NOT NULL DEFAULT '',
  ADD COLUMN target_name VARCHAR(190) NOT NULL DEFAULT '',
  ADD COLUMN target_key VARCHAR(190) NOT NULL DEFAULT '',
  ADD KEY audit_rows_session (chain, session_id, id),
  ADD KEY audit_rows_name (chain, target_key, target);
