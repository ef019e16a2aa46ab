// Package mail sends plain text by SMTP, for whatever the platform has to say to
// people who are not signed in.
package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/piaohao/piaohao/app"
)

// Security is how the connection to the server is protected.
type Security string

// The kinds of protection. None is for a relay on the same machine or network.
const (
	StartTLS Security = "starttls" // refused by a server that does not offer it
	TLS      Security = "tls"      // from the first byte
	None     Security = "none"
)

// Config names the server that takes mails.
type Config struct {
	Host     string
	Port     int
	Security Security
	Username string // "" for a server that asks for none
	Password string
	From     string // the sender's address
	// TLS replaces the defaults, such as the authorities that are trusted; nil
	// keeps them.
	TLS *tls.Config
	// Timeout bounds one mail; 0 means 30 s.
	Timeout time.Duration
}

// Message is one mail.
type Message struct {
	ID      string // its Message-ID's left part: the same mail sent again keeps it
	To      []string
	Subject string
	Text    string
}

// Sender sends mails by one server. Its methods are safe for concurrent use.
type Sender struct {
	cfg    Config
	domain string
}

// New returns a sender. It is Invalid when the configuration cannot work.
func New(cfg Config) (*Sender, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	s := &Sender{cfg: cfg}
	m := gomail.NewMsg()
	if err := m.From(cfg.From); err != nil {
		return nil, app.Errorf(app.Invalid, "the sender %q is no e-mail address: %w", cfg.From, err)
	}
	for i := len(cfg.From) - 1; i >= 0 && s.domain == ""; i-- {
		if cfg.From[i] == '@' {
			s.domain = cfg.From[i+1:]
		}
	}
	if cfg.Username != "" && cfg.Security == None {
		return nil, app.Errorf(app.Invalid, "a password is not sent over an unprotected connection: choose starttls or tls")
	}
	if _, err := s.client(&line{}); err != nil {
		return nil, app.Errorf(app.Invalid, "the mail server cannot be used: %w", err)
	}
	return s, nil
}

// line is one mail's connection, closed whatever became of the mail: the library
// leaves it open where the conversation breaks off early.
type line struct{ conn net.Conn }

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	l.conn = c
	return c, err
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

func (s *Sender) client(l *line) (*gomail.Client, error) {
	c := s.cfg
	options := []gomail.Option{gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout)}
	switch c.Security {
	case TLS:
		options = append(options, gomail.WithSSL())
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(l.dial))
	case None:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithDialContextFunc(l.dial))
	default:
		return nil, fmt.Errorf("security is %q", c.Security)
	}
	if c.TLS != nil {
		options = append(options, gomail.WithTLSConfig(c.TLS))
	}
	if c.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.Username), gomail.WithPassword(c.Password))
	}
	return gomail.NewClient(c.Host, options...)
}

// Send hands a mail over. Unavailable means that the server did not take it;
// sending it again is then safe but for a reply that was lost.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg := gomail.NewMsg()
	if err := msg.From(s.cfg.From); err != nil {
		return app.Errorf(app.Invalid, "the sender: %w", err)
	}
	if err := msg.To(m.To...); err != nil {
		return app.Errorf(app.Invalid, "a recipient: %w", err)
	}
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetDate()
	msg.Subject(m.Subject)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	var l line
	defer l.close()
	client, err := s.client(&l)
	if err != nil {
		return app.Errorf(app.Invalid, "the mail server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return app.Errorf(app.Unavailable, "the mail server %s did not take the mail: %w", s.cfg.Host, err)
	}
	return nil
}
