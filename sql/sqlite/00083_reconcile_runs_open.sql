-- +goose Up
CREATE INDEX reconcile_runs_open ON reconcile_runs (ended_at, mode, channel, bill_day);
CREATE INDEX reconcile_runs_status ON reconcile_runs (status, mode);
