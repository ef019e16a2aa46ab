package main

import (
	"context"
	"time"
)

// job is one row of the table of everything that runs by the clock. A job with
// a lease runs on one server at a time; one without shares its work by leases
// of its own, row by row.
type job struct {
	name  string
	spec  string
	lease time.Duration
	wake  <-chan struct{} // runs the job at once, besides the schedule
	run   func(ctx context.Context) error
}

// jobs is the table.
func (p *platform) jobs() []job {
	return append(p.reconcileJobs(), []job{
		{name: "payments.query", spec: "@every 1s", wake: p.payments.Wake(), run: func(ctx context.Context) error {
			_, err := p.payments.QueryDue(ctx)
			return err
		}},
		{name: "payments.refund", spec: "@every 1s", wake: p.payments.WakeRefunds(), run: func(ctx context.Context) error {
			_, err := p.payments.RefundDue(ctx)
			return err
		}},
		{name: "payments.forget_claims", spec: "@every 10m", lease: 5 * time.Minute, run: func(ctx context.Context) error {
			_, err := p.payments.ForgetClaims(ctx)
			return err
		}},
		{name: "merchants.flush_key_use", spec: "@every 10s", run: func(ctx context.Context) error {
			_, err := p.merchants.FlushKeyUse(ctx)
			return err
		}},
		{name: "merchants.forget_drafts", spec: "@hourly", lease: time.Minute, run: func(ctx context.Context) error {
			_, err := p.merchants.ForgetDrafts(ctx)
			return err
		}},
		{name: "merchants.forget_applications", spec: "@hourly", lease: time.Minute, run: func(ctx context.Context) error {
			_, err := p.applications.ForgetUnverified(ctx)
			return err
		}},
		{name: "merchants.check_certificates", spec: "@hourly", lease: 30 * time.Minute, run: func(ctx context.Context) error {
			_, err := p.merchants.CheckCertificates(ctx, p.clients.keeper)
			return err
		}},
		{name: "approvals.expire", spec: "@every 1m", lease: time.Minute, run: func(ctx context.Context) error {
			_, err := p.approvals.ExpireDue(ctx)
			return err
		}},
		{name: "audit.log_heads", spec: "@hourly", lease: time.Minute, run: p.logAuditHeads},
		{name: "audit.verify", spec: "@daily", lease: time.Hour, run: func(ctx context.Context) error {
			_, err := p.audit.CheckAll(ctx)
			return err
		}},
		{name: "access.forget_sessions", spec: "@hourly", lease: time.Minute, run: p.forgetSessions},
		{name: "status.sweep", spec: "@every 1m", lease: time.Minute, run: p.sweepStatus},
	}...)
}
