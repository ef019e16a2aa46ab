package config

import (
	"errors"
	"testing"
)

func TestWhatValidationRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, key string
		change    func(c *Config)
	}{
		{"plain http to the world", "server.base_url", func(c *Config) { c.Server.BaseURL = "http://pay.example.com" }},
		{"plain http to a private network", "server.base_url", func(c *Config) { c.Server.BaseURL = "http://10.0.0.1" }},
		{"a host that only looks like loopback", "server.base_url", func(c *Config) { c.Server.BaseURL = "http://localhost.example.com" }},
		{"base url with a path", "server.base_url", func(c *Config) { c.Server.BaseURL = "https://pay.example.com/" }},
		{"base url without a scheme", "server.base_url", func(c *Config) { c.Server.BaseURL = "pay.example.com" }},
		{"listen without a port", "server.listen", func(c *Config) { c.Server.Listen = "localhost" }},
		{"metrics in public", "server.metrics_listen", func(c *Config) { c.Server.MetricsListen = c.Server.Listen }},
		{"proxy by name", "server.trusted_proxies", func(c *Config) { c.Server.TrustedProxies = []string{"proxy"} }},
		{"endless body", "server.body_limit", func(c *Config) { c.Server.BodyLimit = 1 << 40 }},
		{"no read timeout", "server.read_timeout", func(c *Config) { c.Server.ReadTimeout = seconds(0) }},
		{"write timeout below the handler's", "server.write_timeout", func(c *Config) { c.Server.WriteTimeout = c.Server.RequestTimeout }},
		{"a drain into the past", "server.drain_delay", func(c *Config) { c.Server.DrainDelay = seconds(-1) }},
		{"no requests at all", "server.rate_limit", func(c *Config) { c.Server.RateLimit = 0 }},
		{"a burst below the rate", "server.rate_burst", func(c *Config) { c.Server.RateBurst = 99 }},
		{"unknown database", "database.url", func(c *Config) { c.Database.URL = "postgres:x" }},
		{"negative pool", "database.max_conns", func(c *Config) { c.Database.MaxConns = -1 }},
		{"sandbox here and elsewhere", "sandbox.url", func(c *Config) { c.Sandbox.URL = "http://127.0.0.1:1/sandbox" }},
		{"guessable sandbox token", "sandbox.token", func(c *Config) { c.Sandbox.Token = "hunter2" }},
		{"notify a URL", "sandbox.allow_notify", func(c *Config) { c.Sandbox.AllowNotify = []string{"https://shop.example.com/x"} }},
		{"notify anywhere", "sandbox.allow_notify", func(c *Config) { c.Sandbox.AllowNotify = []string{"*"} }},
		{"sandbox in a live-only installation", "sandbox.enabled", func(c *Config) { c.Channels.LiveOnly = true }},
		{"test mode without a sandbox", "channels.wechat_test_gateway", func(c *Config) { c.Sandbox.Enabled = false }},
		{"gateway that is no URL", "channels.alipay_test_gateway", func(c *Config) { c.Channels.AlipayTestGateway = "sandbox" }},
		{"no keyset", "secrets.keyset_file", func(c *Config) { c.Secrets.KeysetFile = "" }},
		{"no audit key", "secrets.audit_key_file", func(c *Config) { c.Secrets.AuditKeyFile = "" }},
		{"short audit key", "secrets.audit_key", func(c *Config) { c.Secrets.AuditKey = "c2hvcnQ=" }},
		{"no workers", "webhooks.workers", func(c *Config) { c.Webhooks.Workers = 0 }},
		{"circuit that never opens", "channels.circuit_failures", func(c *Config) { c.Channels.CircuitFailures = 0 }},
		{"circuit open for a blink", "channels.circuit_open_for", func(c *Config) { c.Channels.CircuitOpenFor = seconds(0) }},
		{"expiry beyond the codes' life", "payments.default_expiry", func(c *Config) { c.Payments.DefaultExpiry = seconds(7201) }},
		{"no time for the payer's password", "payments.code_wait", func(c *Config) { c.Payments.CodeWait = seconds(5) }},
		{"a till that waits for ever", "payments.code_wait", func(c *Config) { c.Payments.CodeWait = seconds(301) }},
		{"bills at no time", "reconcile.wechat_at", func(c *Config) { c.Reconcile.WeChatAt = "10:15" }},
		{"bills in another zone", "reconcile.alipay_at", func(c *Config) { c.Reconcile.AlipayAt = "CRON_TZ=UTC 15 10 * * *" }},
		{"bills every minute", "reconcile.alipay_at", func(c *Config) { c.Reconcile.AlipayAt = "@every 1m" }},
		{"originals kept nowhere", "reconcile.archive_dir", func(c *Config) { c.Reconcile.ArchiveDir = "" }},
		{"no room to sort", "reconcile.scratch_dir", func(c *Config) { c.Reconcile.ScratchDir = "" }},
		{"no day at a time", "reconcile.workers", func(c *Config) { c.Reconcile.Workers = 0 }},
		{"no difference at all", "reconcile.max_differences", func(c *Config) { c.Reconcile.MaxDifferences = 0 }},
		{"a bucket without a place", "reconcile.s3.endpoint", func(c *Config) { c.Reconcile.S3.Bucket = "bills" }},
		{"a place that is no URL", "reconcile.s3.endpoint", func(c *Config) { c.Reconcile.S3 = S3{Endpoint: "s3", Bucket: "b", AccessKey: "k", SecretKey: "s"} }},
		{"a place without a bucket", "reconcile.s3.bucket", func(c *Config) {
			c.Reconcile.S3 = S3{Endpoint: "https://s3.example.com", AccessKey: "k", SecretKey: "s"}
		}},
		{"a bucket without its key", "reconcile.s3.secret_key", func(c *Config) { c.Reconcile.S3 = S3{Endpoint: "https://s3.example.com", Bucket: "b", AccessKey: "k"} }},
		{"a sender without a server", "mail.host", func(c *Config) { c.Mail.From = "piaohao@example.com" }},
		{"mails from nobody", "mail.from", func(c *Config) { c.Mail.Host = "mail.example.com" }},
		{"a mail password in the clear", "mail.security", func(c *Config) {
			c.Mail.Host, c.Mail.From, c.Mail.Username, c.Mail.Security = "mail.example.com", "piaohao@example.com", "u", "none"
		}},
		{"mails in no language", "mail.locale", func(c *Config) {
			c.Mail.Host, c.Mail.From, c.Mail.Locale = "mail.example.com", "piaohao@example.com", "fr"
		}},
		{"mails of no protection", "mail.security", func(c *Config) {
			c.Mail.Host, c.Mail.From, c.Mail.Security = "mail.example.com", "piaohao@example.com", "ssl"
		}},
		{"mails to no port", "mail.port", func(c *Config) { c.Mail.Host, c.Mail.From, c.Mail.Port = "mail.example.com", "piaohao@example.com", 0 }},
		{"mails in no time", "mail.timeout", func(c *Config) {
			c.Mail.Host, c.Mail.From, c.Mail.Timeout = "mail.example.com", "piaohao@example.com", seconds(0)
		}},
		{"sessions that end before they idle", "sessions.absolute", func(c *Config) { c.Sessions.Absolute = seconds(1) }},
		{"freshness that never is", "access.fresh_for", func(c *Config) { c.Access.FreshFor = seconds(0) }},
		{"a second factor of somebody", "access.require_second_factor", func(c *Config) { c.Access.RequireSecondFactor = "somebody" }},
		{"no second factor on the internet", "access.require_second_factor", func(c *Config) {
			c.Server.BaseURL, c.Access.RequireSecondFactor = "https://pay.example.com", RequireNobody
		}},
		{"unknown level", "log.level", func(c *Config) { c.Log.Level = "loud" }},
		{"unknown format", "log.format", func(c *Config) { c.Log.Format = "xml" }},
		{"a demo day without the demo", "demo.day", func(c *Config) { c.Demo.Day = true }},
		{"a demo shop without the demo", "demo.shop", func(c *Config) { c.Demo.Shop = true }},
		{"demo in a live-only installation", "demo.enabled", func(c *Config) {
			c.Channels.LiveOnly, c.Sandbox.Enabled, c.Demo.Enabled = true, false, true
		}},
	} {
		c := Default()
		tc.change(&c)
		var problems Problems
		if err := c.Validate(); !errors.As(err, &problems) {
			t.Errorf("%s: got %v, want a problem of %s", tc.name, err, tc.key)
			continue
		}
		if problems[0].Key != tc.key || problems[0].What == "" || problems[0].Do == "" {
			t.Errorf("%s: got %q, want a problem of %s with a remedy", tc.name, problems[0], tc.key)
		}
	}
}

func TestLoopbackMayUsePlainHTTP(t *testing.T) {
	for _, base := range []string{"http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080", "http://127.9.9.9", "https://pay.example.com", "https://pay.example.com:8443"} {
		c := Default()
		c.Server.BaseURL = base
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	c := Default()
	c.Log.Level, c.Webhooks.Workers = "loud", 0
	var problems Problems
	if err := c.Validate(); !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("got %v, want two problems", err)
	}
}
