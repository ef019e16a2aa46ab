package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	ours "github.com/piaohao/piaohao/app/mail"
)

// server speaks as much SMTP as a mail needs, over TCP.
type server struct {
	t        *testing.T
	listener net.Listener
	refuse   string // the answer to DATA's end, when it refuses
	done     sync.WaitGroup

	mu    sync.Mutex
	mails []received
}

type received struct {
	from, user string
	to         []string
	data       string
}

func serve(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l)
}

func serveOn(t *testing.T, l net.Listener) *server {
	t.Helper()
	s := &server{t: t, listener: l}
	s.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.done.Go(func() { s.talk(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.done.Wait()
	})
	return s
}

func (s *server) talk(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	in, say := bufio.NewReader(c), func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 test ESMTP")
	var m received
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-test")
			say("250-AUTH PLAIN")
			say("250 8BITMIME")
		case "AUTH":
			_, secret, _ := strings.Cut(rest, " ")
			plain, _ := base64.StdEncoding.DecodeString(secret)
			m.user = strings.ReplaceAll(string(plain), "\x00", " ")
			say("235 ok")
		case "MAIL":
			m.from = rest
			say("250 ok")
		case "RCPT":
			m.to = append(m.to, strings.TrimSuffix(strings.TrimPrefix(rest, "TO:<"), ">"))
			say("250 ok")
		case "DATA":
			say("354 go on")
			m.data = readData(in)
			if s.refuse != "" {
				say(s.refuse)
				continue
			}
			s.mu.Lock()
			s.mails = append(s.mails, m)
			s.mu.Unlock()
			say("250 kept")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func readData(in *bufio.Reader) string {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return b.String()
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

func (s *server) config() ours.Config {
	a := s.listener.Addr().(*net.TCPAddr)
	return ours.Config{Host: "127.0.0.1", Port: a.Port, Security: ours.None, From: "piaohao@example.com", Timeout: 5 * time.Second}
}

func sender(t *testing.T, cfg ours.Config) *ours.Sender {
	t.Helper()
	s, err := ours.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var note = ours.Message{ID: "stm_1.1", To: []string{"finance@example.com", "owner@example.com"}, Subject: "锦祥茶叶 2026-11-24 对账完成", Text: "手续费: ¥49.83\n\n.\n查看明细：https://pay.example.com\n"}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := serveOn(t, tls.NewListener(plain, &tls.Config{Certificates: web.TLS.Certificates}))
	cfg := server.config()
	cfg.Security, cfg.Username, cfg.Password = ours.TLS, "user", "secret"
	if err := sender(t, cfg).Send(t.Context(), note); !app.Is(err, app.Unavailable) {
		t.Errorf("sent to a server that nobody vouches for: %v", err)
	}
	cfg.TLS = web.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.TLS.ServerName = "127.0.0.1"
	if err := sender(t, cfg).Send(t.Context(), note); err != nil {
		t.Fatal(err)
	}
	if len(server.mails) != 1 {
		t.Fatalf("%d mails", len(server.mails))
	}
	got := server.mails[0]
	if !strings.Contains(got.from, "piaohao@example.com") || strings.Join(got.to, " ") != "finance@example.com owner@example.com" || got.user != " user secret" {
		t.Errorf("%+v", got)
	}
	m, err := mail.ReadMessage(strings.NewReader(got.data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != note.Subject || m.Header.Get("Message-Id") != "<stm_1.1@example.com>" {
		t.Errorf("%v, %v", m.Header, err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n") != strings.TrimRight(note.Text, "\n") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestAMailThatIsNotTakenIsUnavailable(t *testing.T) {
	server := serve(t)
	server.refuse = "451 try again later"
	if err := sender(t, server.config()).Send(t.Context(), note); !app.Is(err, app.Unavailable) || !strings.Contains(err.Error(), "451") {
		t.Errorf("%v", err)
	}
	// Without the protection that was asked for, nothing is sent.
	cfg := server.config()
	cfg.Security = ours.StartTLS
	if err := sender(t, cfg).Send(t.Context(), note); !app.Is(err, app.Unavailable) || len(server.mails) != 0 {
		t.Errorf("%v, %d mails", err, len(server.mails))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender(t, server.config()).Send(ctx, note); !app.Is(err, app.Unavailable) {
		t.Errorf("%v", err)
	}
}

func TestASenderThatCannotWorkIsRefused(t *testing.T) {
	for name, change := range map[string]func(*ours.Config){
		"no sender":        func(c *ours.Config) { c.From = "piaohao" },
		"no protection":    func(c *ours.Config) { c.Security = "" },
		"no host":          func(c *ours.Config) { c.Host = "" },
		"an open password": func(c *ours.Config) { c.Security, c.Username = ours.None, "user" },
	} {
		cfg := ours.Config{Host: "mail.example.com", Port: 587, Security: ours.StartTLS, From: "piaohao@example.com"}
		change(&cfg)
		if _, err := ours.New(cfg); !app.Is(err, app.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAHeaderCannotBeSmuggledIn(t *testing.T) {
	server := serve(t)
	m := note
	m.Subject = "a\r\nBcc: thief@example.com"
	_ = sender(t, server.config()).Send(t.Context(), m)
	for _, got := range server.mails {
		parsed, err := mail.ReadMessage(strings.NewReader(got.data))
		if err != nil || parsed.Header.Get("Bcc") != "" {
			t.Errorf("%v, %v", parsed, err)
		}
	}
	m.To = []string{"a@example.com\r\nRCPT TO:<thief@example.com>"}
	if err := sender(t, server.config()).Send(t.Context(), m); !app.Is(err, app.Invalid) {
		t.Errorf("%v", err)
	}
}
