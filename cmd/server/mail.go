package main

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/mail"
	"github.com/piaohao/piaohao/app/reconcile/statements"
)

// statementMailer sends statements' mails by the configured server.
type statementMailer struct{ *mail.Sender }

// Send implements statements.Mailer.
func (m statementMailer) Send(ctx context.Context, one statements.Mail) error {
	return m.Sender.Send(ctx, mail.Message(one))
}

// newMailer returns what sends mails, nil where no server is configured.
func newMailer(c config.Mail) (statements.Mailer, error) {
	s, err := newSender(c)
	if s == nil || err != nil {
		return nil, err
	}
	return statementMailer{s}, nil
}

// noticeMailer sends people's notices by it.
type noticeMailer struct{ *mail.Sender }

// Send implements admin.Mailer.
func (m noticeMailer) Send(ctx context.Context, one admin.Mail) error {
	return m.Sender.Send(ctx, mail.Message{ID: app.NewID("notice_", time.Now()), To: []string{one.To}, Subject: one.Subject, Text: one.Text})
}

// wireNotices has people told by mail of what happens to their accounts, where a
// server is configured.
func (p *platform) wireNotices() error {
	s, err := newSender(p.config.Mail)
	if s == nil || err != nil {
		return err
	}
	p.admin.WithNotices(admin.Notices{
		Mailer: noticeMailer{s}, Logger: p.logger, BaseURL: p.config.Server.BaseURL, Locale: p.config.Mail.Locale, Patience: p.config.Mail.Timeout.Duration,
	})
	return nil
}

func newSender(c config.Mail) (*mail.Sender, error) {
	if c.Host == "" {
		return nil, nil
	}
	s, err := mail.New(mail.Config{
		Host: c.Host, Port: c.Port, Security: mail.Security(c.Security), Username: c.Username, Password: c.Password.Reveal(), From: c.From,
		Timeout: c.Timeout.Duration,
	})
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return s, nil
}

// consoleMailer sends the console's mails by the configured server.
type consoleMailer struct{ *mail.Sender }

// Send implements console.Mailer.
func (m consoleMailer) Send(ctx context.Context, one console.Mail) error {
	return m.Sender.Send(ctx, mail.Message(one))
}

// newConsoleMailer returns what sends invitations, nil where no server is
// configured.
func newConsoleMailer(c config.Mail) (console.Mailer, error) {
	s, err := newMailer(c)
	if m, ok := s.(statementMailer); ok && err == nil {
		return consoleMailer(m), nil
	}
	return nil, err
}
