package config

import (
	"encoding/base64"
	"time"
)

// The shortest and longest life of an order whose code is shown to a payer.
const (
	minExpiry = 2 * time.Minute
	maxExpiry = 2 * time.Hour
)

// Validate checks every section and how they fit together. Its error is a
// Problems.
func (c Config) Validate() error {
	var p Problems
	c.Server.validate(&p)
	c.Database.validate(&p)
	c.Sandbox.validate(&p)
	c.Channels.validate(&p, c.Sandbox)
	c.Secrets.validate(&p)
	c.Webhooks.validate(&p)
	c.Reconcile.validate(&p)
	c.Mail.validate(&p)
	c.Sessions.validate(&p)
	c.Access.validate(&p, c.Server.BaseURL)
	c.Log.validate(&p)
	if d := c.Payments.DefaultExpiry.Duration; d < minExpiry || d > maxExpiry {
		p.add("payments.default_expiry", "choose 2m to 2h; 30m is usual", "%s is outside what the channels' codes allow", c.Payments.DefaultExpiry)
	}
	if d := c.Payments.CodeWait.Duration; d < 10*time.Second || d > 5*time.Minute {
		p.add("payments.code_wait", "choose 10s to 5m; 45s is usual", "%s is too short for a payer's password, or too long for a queue at the till", c.Payments.CodeWait)
	}
	if c.Channels.LiveOnly && c.Demo.Enabled {
		p.add("demo.enabled", "set it to false, or channels.live_only to false", "the demo merchant lives in test mode, which channels.live_only refuses")
	}
	if c.Demo.Day && !c.Demo.Enabled {
		p.add("demo.day", "set demo.enabled to true, or demo.day to false", "a day is traded for the demo merchant, and there is none")
	}
	if c.Demo.Shop && !c.Demo.Enabled {
		p.add("demo.shop", "set demo.enabled to true, or demo.shop to false", "the demo shop sells for the demo merchant, and there is none")
	}
	if len(p) == 0 {
		return nil
	}
	return p
}

func (s Server) validate(p *Problems) {
	checkListen(p, "server.listen", s.Listen)
	if s.MetricsListen != "" {
		checkListen(p, "server.metrics_listen", s.MetricsListen)
	}
	if s.MetricsListen == s.Listen {
		p.add("server.metrics_listen", "give it a port of its own, such as 127.0.0.1:9090", "it equals server.listen, and metrics must not be public")
	}
	checkBaseURL(p, s.BaseURL)
	for _, proxy := range s.TrustedProxies {
		if !addressOrPrefix(proxy) {
			p.add("server.trusted_proxies", "write addresses or prefixes, such as 10.0.0.0/8", "%q is neither", proxy)
		}
	}
	if s.BodyLimit < 1<<10 || s.BodyLimit > 16<<20 {
		p.add("server.body_limit", "choose 1KiB to 16MiB; 256KiB is usual", "%s is out of range", s.BodyLimit)
	}
	positive(p, "server.read_timeout", s.ReadTimeout)
	positive(p, "server.idle_timeout", s.IdleTimeout)
	positive(p, "server.request_timeout", s.RequestTimeout)
	positive(p, "server.shutdown_timeout", s.ShutdownTimeout)
	if s.DrainDelay.Duration < 0 {
		p.add("server.drain_delay", "write \"0s\" or a positive duration", "%s is negative", s.DrainDelay)
	}
	between(p, "server.rate_limit", s.RateLimit, 1, 1_000_000)
	between(p, "server.rate_burst", s.RateBurst, s.RateLimit, 10_000_000)
	if s.WriteTimeout.Duration <= s.RequestTimeout.Duration {
		p.add("server.write_timeout", "raise it above server.request_timeout ("+s.RequestTimeout.String()+")", "%s would cut the connection before the handler may answer", s.WriteTimeout)
	}
}

func (d Database) validate(p *Problems) {
	checkDatabase(p, "database.url", d.URL)
	if d.MaxConns < 0 {
		p.add("database.max_conns", "write 0 for the engine's default, or a positive number", "%d is negative", d.MaxConns)
	}
}

func (s Sandbox) validate(p *Problems) {
	if s.Enabled {
		checkDatabase(p, "sandbox.database_url", s.DatabaseURL)
	}
	if s.Enabled && s.URL != "" {
		p.add("sandbox.url", "clear it, or set sandbox.enabled to false", "a sandbox of its own and one in this process exclude each other")
	}
	if s.URL != "" && !httpURL(s.URL) {
		p.add("sandbox.url", "write it as http://127.0.0.1:8090/sandbox", "%q is not an http or https URL", s.URL)
	}
	if s.Token != "" && len(s.Token) < 24 {
		p.add("sandbox.token", "use at least 24 random characters, such as from `openssl rand -hex 24`", "it has %d characters and could be guessed", len(s.Token))
	}
	for _, host := range s.AllowNotify {
		if !hostName(host) {
			p.add("sandbox.allow_notify", "write hosts, such as staging.example.com or 127.0.0.1:8080", "%q is not a host or host:port", host)
		}
	}
}

func (c Channels) validate(p *Problems, s Sandbox) {
	positive(p, "channels.timeout", c.Timeout)
	between(p, "channels.circuit_failures", c.CircuitFailures, 1, 1000)
	if d := c.CircuitOpenFor.Duration; d < time.Second || d > 10*time.Minute {
		p.add("channels.circuit_open_for", "choose 1s to 10m; 10s is usual", "%s is out of range", c.CircuitOpenFor)
	}
	if c.LiveOnly {
		if s.Enabled {
			p.add("sandbox.enabled", "set it to false, or channels.live_only to false", "a live-only installation has no sandbox")
		}
		return
	}
	checkTestGateway(p, "channels.wechat_test_gateway", c.WeChatTestGateway, s)
	checkTestGateway(p, "channels.alipay_test_gateway", c.AlipayTestGateway, s)
}

func (s Secrets) validate(p *Problems) {
	if s.Keyset == "" && s.KeysetFile == "" {
		p.add("secrets.keyset_file", "name a file, or set PIAOHAO_SECRETS_KEYSET", "without a keyset no credential can be sealed")
	}
	if s.AuditKey == "" && s.AuditKeyFile == "" {
		p.add("secrets.audit_key_file", "name a file, or set PIAOHAO_SECRETS_AUDIT_KEY", "without a key the audit log cannot be chained")
	}
	if s.AuditKey != "" {
		key, err := base64.StdEncoding.DecodeString(s.AuditKey.Reveal())
		if err != nil || len(key) < 32 {
			p.add("secrets.audit_key", "use `openssl rand -base64 32`", "it is not base64 of at least 32 bytes")
		}
	}
}

func (w Webhooks) validate(p *Problems) {
	between(p, "webhooks.workers", w.Workers, 1, 1024)
	between(p, "webhooks.in_flight_per_endpoint", w.InFlightPerEndpoint, 1, 256)
}

func (s Sessions) validate(p *Problems) {
	positive(p, "sessions.idle", s.Idle)
	if s.Absolute.Duration < s.Idle.Duration {
		p.add("sessions.absolute", "raise it to at least sessions.idle ("+s.Idle.String()+")", "%s ends sessions before they can be idle", s.Absolute)
	}
}

func (l Log) validate(p *Problems) {
	oneOf(p, "log.level", l.Level, "debug", "info", "warn", "error")
	oneOf(p, "log.format", l.Format, "json", "text")
}
