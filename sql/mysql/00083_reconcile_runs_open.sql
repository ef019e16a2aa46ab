-- +goose Up
ALTER TABLE reconcile_runs ADD KEY reconcile_runs_open (ended_at, mode, channel, bill_day), ADD KEY reconcile_runs_status (status, mode);
