-- +goose Up
ALTER TABLE audit_rows ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE audit_rows ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_rows ADD COLUMN actor_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_rows ADD COLUMN target_name TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_rows ADD COLUMN target_key TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_rows_session ON audit_rows (chain, session_id, id);
CREATE INDEX audit_rows_name ON audit_rows (chain, target_key, target);
