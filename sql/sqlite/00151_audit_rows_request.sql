-- +goose Up
CREATE INDEX audit_rows_request ON audit_rows (chain, request_id, id);
