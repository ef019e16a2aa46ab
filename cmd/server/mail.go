package main

import (
	"context"
	"fmt"

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
	return statementMailer{s}, nil
}
