-- +goose Up
ALTER TABLE audit_rows ADD KEY audit_rows_request (chain, request_id, id);
