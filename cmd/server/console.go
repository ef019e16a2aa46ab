package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
	"github.com/piaohao/piaohao/app/views"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/static"
)

// consoleRoutes mounts the console. A route without a policy, or a binary built
// without its pages' files, keeps the server from starting.
func (p *platform) consoleRoutes(f *fiber.App) error {
	files, err := static.Load()
	if err != nil {
		return fmt.Errorf("load the console's files: %w", err)
	}
	words, err := i18n.New()
	if err != nil {
		return fmt.Errorf("load the console's words: %w", err)
	}
	mailer, err := newConsoleMailer(p.config.Mail)
	if err != nil {
		return err
	}
	p.console, err = console.New(console.Config{
		Mailer: mailer,
		DB:     p.db, Access: p.access, Admin: p.admin, Logins: p.logins, Audit: p.audit, Merchants: p.merchants,
		Payments: p.payments, Approvals: p.approvals, Changes: p.changes, Webhooks: p.webhooks, Events: p.events, Figures: p.figures, Reconcile: p.reconcile, Exceptions: p.exceptions, Statements: p.statements,
		Exports: p.exports, Views: views.New(p.db),
		Applications: p.applications, TakesApplications: p.config.Merchants.Applications,
		Inspectors: map[app.Channel]console.Inspector{
			app.WeChat: wechat.New(nil, app.SystemClock{}), app.Alipay: alipay.New(nil, app.SystemClock{}),
		},
		Jobs: p.jobStates, Servers: p.servers, JobTable: p.jobTable(), System: p.checks, Effective: p.effective(),
		Trial: p.clients.Try,
		Probe: p.clients.Probe, Keeper: p.clients.keeper, Static: files, Words: words, Clock: p.clock, Logger: p.logger,
		FormKey: p.formKey, BaseURL: p.config.Server.BaseURL, SandboxURL: p.config.SandboxURL(),
		LiveOnly: p.config.Channels.LiveOnly, SessionLife: p.config.Sessions.Absolute.Duration,
		Timeout: p.config.Server.RequestTimeout.Duration, BodyLimit: int(p.config.Server.BodyLimit),
	})
	if err != nil {
		return err
	}
	return p.console.Routes(f)
}

// mayUseSandbox lets signed-in people change the sandbox where it is exposed.
func (p *platform) mayUseSandbox(c *fiber.Ctx) bool {
	return p.console != nil && p.console.MayUseSandbox(c)
}

// formKeyOf derives the key of the sign-in form's tokens from one that all
// servers of an installation share.
func formKeyOf(auditKey []byte) []byte {
	mac := hmac.New(sha256.New, auditKey)
	mac.Write([]byte("piaohao form key 1"))
	return mac.Sum(nil)
}
