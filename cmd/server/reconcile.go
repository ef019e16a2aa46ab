package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin/console"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/observe"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/web/i18n"
)

// beijing is how a job's schedule says that its times are Beijing's, the zone of
// every bill.
const beijing = "CRON_TZ=Asia/Shanghai "

// wireReconcile builds what compares our books with the channels' bills.
func (p *platform) wireReconcile() error {
	c := p.config.Reconcile
	kept, err := openArchive(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.ScratchDir, 0o700); err != nil {
		return fmt.Errorf("make reconcile.scratch_dir: %w", err)
	}
	schedules := map[app.Channel]reconcile.Schedule{}
	for name, spec := range map[app.Channel]string{app.WeChat: c.WeChatAt, app.Alipay: c.AlipayAt} {
		if schedules[name], err = cron.ParseStandard(beijing + spec); err != nil {
			return fmt.Errorf("schedule the bills of %s: %w", name, err)
		}
	}
	mailer, err := newMailer(p.config.Mail)
	if err != nil {
		return err
	}
	p.statements = statements.New(statements.Config{
		DB: p.db, Events: p.events, Audit: p.audit, Approvals: p.approvals, Merchants: p.merchants, Payments: p.payments, Archive: kept, Logger: p.logger,
		BaseURL: p.config.Server.BaseURL, Dir: c.ScratchDir, Owner: p.owner,
		Mailer: mailer, MailLocale: p.config.Mail.Locale,
	})
	p.approvals.Register(statements.ApprovalPeriod, p.statements.PeriodApprovals())
	sources := files.Sources(p.payments, p.merchants)
	words, err := i18n.New()
	if err != nil {
		return err
	}
	sources[trails.Kind] = trails.Source{Log: p.audit, Words: console.AuditWords(words)}
	p.exports = exports.New(exports.Config{
		DB: p.db, Audit: p.audit, Shelf: kept, Logger: p.logger, Sources: sources, Dir: c.ScratchDir, Owner: p.owner,
	})
	modes := []app.Mode{app.Live}
	if !p.config.Channels.LiveOnly {
		modes = append(modes, app.Test)
	}
	p.reconcile = reconcile.New(reconcile.Config{
		DB: p.db, Audit: p.audit, Merchants: p.merchants, Payments: p.payments, Exceptions: p.exceptions, Statements: p.statements, Periods: statements.Periods{},
		Channels: p.clients, Archive: kept, Observer: runMetrics{p.metrics}, Logger: p.logger, Schedules: schedules, Modes: modes,
		ScratchDir: c.ScratchDir, Workers: c.Workers, MaxDifferences: c.MaxDifferences,
	})
	return nil
}

// keeper keeps files for good, and others for a while.
type keeper interface {
	archive.Store
	archive.Shelf
}

func openArchive(c config.Reconcile) (keeper, error) {
	if c.S3.Endpoint == "" {
		return archive.NewFolder(c.ArchiveDir)
	}
	return archive.NewS3(archive.S3Config{
		Endpoint: c.S3.Endpoint, Bucket: c.S3.Bucket, Region: c.S3.Region, AccessKey: c.S3.AccessKey, SecretKey: c.S3.SecretKey.Reveal(),
		Prefix: c.S3.Prefix, Dir: c.ScratchDir,
	})
}

// Reader reads the channel's bills, nil when its driver cannot.
func (c *clients) Reader(name app.Channel) channel.BillReader {
	reader, _ := c.pool.Driver(name).(channel.BillReader)
	return reader
}

// runMetrics counts what reconciliation observes.
type runMetrics struct{ m *observe.Metrics }

func (r runMetrics) Step(reconcile.Run, string) {}

func (r runMetrics) Ended(run reconcile.Run, took time.Duration) {
	result := string(run.Status)
	if run.Problem.Code != "" {
		result = run.Problem.Code
	}
	r.m.ReconciliationRun(string(run.Channel), string(run.Mode), result, took)
}

// reconcileJobs are the rows of the table about bills: each channel at its time,
// and every few minutes what has waited, failed or was missed.
func (p *platform) reconcileJobs() []job {
	due := func(ctx context.Context) error {
		_, err := p.reconcile.RunDue(ctx)
		return err
	}
	return []job{
		{name: "reconcile.wechat", spec: beijing + p.config.Reconcile.WeChatAt, run: due},
		{name: "reconcile.alipay", spec: beijing + p.config.Reconcile.AlipayAt, run: due},
		{name: "reconcile.due", spec: "@every 2m", wake: p.reconcile.Wake(), run: due},
		{name: "statements.export", spec: "@every 5s", run: func(ctx context.Context) error {
			_, err := p.statements.ExportDue(ctx)
			return err
		}},
		{name: "exports.make", spec: "@every 2s", wake: p.exports.Wake(), run: func(ctx context.Context) error {
			_, err := p.exports.RunDue(ctx)
			return err
		}},
		{name: "exports.expire", spec: "@every 10m", lease: 5 * time.Minute, run: func(ctx context.Context) error {
			_, err := p.exports.ExpireDue(ctx)
			return err
		}},
		{name: "statements.mail", spec: "@every 30s", run: func(ctx context.Context) error {
			_, err := p.statements.MailDue(ctx)
			return err
		}},
		{name: "reconcile.measure", spec: "@every 1m", run: p.measureReconciliation},
	}
}

// measureReconciliation shows how far behind the books are.
func (p *platform) measureReconciliation(ctx context.Context) error {
	b, err := p.reconcile.Behind(ctx)
	if err != nil {
		return err
	}
	open, err := p.exceptions.CountStanding(ctx)
	if err != nil {
		return err
	}
	for _, mode := range []app.Mode{app.Live, app.Test} {
		p.metrics.ReconciliationState(string(mode), b[mode].Lag, b[mode].Failed, open[mode])
	}
	return nil
}
