// Package config is the server's configuration: one struct with defaults, read
// strictly from TOML, overridden by the environment, and validated as a whole.
// Each section is a small struct of its own, so a room depends on its few
// values and never on the rest.
package config

import "time"

// Config is the whole configuration. config.example.toml shows every key with
// its default and what it is for.
type Config struct {
	Server    Server    `toml:"server"`
	Database  Database  `toml:"database"`
	Sandbox   Sandbox   `toml:"sandbox"`
	Channels  Channels  `toml:"channels"`
	Secrets   Secrets   `toml:"secrets"`
	Webhooks  Webhooks  `toml:"webhooks"`
	Payments  Payments  `toml:"payments"`
	Reconcile Reconcile `toml:"reconcile"`
	Mail      Mail      `toml:"mail"`
	Merchants Merchants `toml:"merchants"`
	Sessions  Sessions  `toml:"sessions"`
	Access    Access    `toml:"access"`
	Log       Log       `toml:"log"`
	Demo      Demo      `toml:"demo"`

	origins map[string]string // where a value was set, by key; see Explain
}

// Server is how the program is reached.
type Server struct {
	Listen        string `toml:"listen"`         // host:port of the API and the console
	BaseURL       string `toml:"base_url"`       // how the world names us; no trailing slash
	MetricsListen string `toml:"metrics_listen"` // host:port of /metrics; empty switches it off
	// TrustedProxies are the addresses and prefixes whose X-Forwarded-For counts.
	TrustedProxies  []string `toml:"trusted_proxies"`
	BodyLimit       Size     `toml:"body_limit"`
	ReadTimeout     Duration `toml:"read_timeout"`
	WriteTimeout    Duration `toml:"write_timeout"`
	IdleTimeout     Duration `toml:"idle_timeout"`
	RequestTimeout  Duration `toml:"request_timeout"`  // how long a handler may work
	DrainDelay      Duration `toml:"drain_delay"`      // how long SIGTERM still serves, as not ready
	ShutdownTimeout Duration `toml:"shutdown_timeout"` // how long SIGTERM waits for work in hand
	RateLimit       int      `toml:"rate_limit"`       // requests per second of one API key
	RateBurst       int      `toml:"rate_burst"`       // how many of them may come at once
}

// Database is where the platform's data lives.
type Database struct {
	URL      string `toml:"url"`       // sqlite:PATH or mysql:DSN
	MaxConns int    `toml:"max_conns"` // 0 leaves the choice to the engine's default
}

// Sandbox is the built-in simulator of both channels.
type Sandbox struct {
	Enabled     bool   `toml:"enabled"` // serve it from this process
	URL         string `toml:"url"`     // where it is when it runs as its own process
	DatabaseURL string `toml:"database_url"`
	Token       Secret `toml:"token"` // what scripts off loopback must present
	// AllowNotify are the hosts ("host" or "host:port"), besides base_url's, that
	// it may notify.
	AllowNotify   []string `toml:"allow_notify"`
	RefundDelay   Duration `toml:"refund_delay"`   // how long a WeChat refund is under way
	RefundSpacing Duration `toml:"refund_spacing"` // between two refunds of one WeChat order; 0 for none
	Quotas        bool     `toml:"quotas"`         // WeChat's limits of calls per second hold
	SameDayBills  bool     `toml:"same_day_bills"` // bills of any day up to now, not from the next morning on
}

// Channels says where test-mode calls go. Live hosts are constants: no setting
// can redirect live money.
type Channels struct {
	LiveOnly          bool     `toml:"live_only"` // refuse test mode altogether
	WeChatTestGateway string   `toml:"wechat_test_gateway"`
	AlipayTestGateway string   `toml:"alipay_test_gateway"`
	Timeout           Duration `toml:"timeout"` // of one call to a channel
	// CircuitFailures are the calls of one account that must fail in a row before
	// no more are made for CircuitOpenFor.
	CircuitFailures int      `toml:"circuit_failures"`
	CircuitOpenFor  Duration `toml:"circuit_open_for"`
}

// Secrets says where the keys are that seal credentials and chain the audit log.
type Secrets struct {
	KeysetFile   string `toml:"keyset_file"`
	Keyset       Secret `toml:"-" env:"keyset"` // base64 of the keyset; wins over the file
	AuditKeyFile string `toml:"audit_key_file"`
	AuditKey     Secret `toml:"-" env:"audit_key"` // base64, at least 32 bytes; wins over the file
}

// Webhooks is how events are delivered to merchants.
type Webhooks struct {
	AllowPrivate        bool `toml:"allow_private"` // also deliver to private and loopback addresses
	Workers             int  `toml:"workers"`
	InFlightPerEndpoint int  `toml:"in_flight_per_endpoint"`
}

// Payments holds what a payment takes where its request is silent.
type Payments struct {
	DefaultExpiry Duration `toml:"default_expiry"`
	CodeWait      Duration `toml:"code_wait"` // for the payer to confirm a payment code
}

// Merchants is how merchants come to be, besides those whom an administrator adds.
type Merchants struct {
	// Applications lets anybody ask, at /console/apply, to be a merchant.
	Applications bool `toml:"applications"`
}

// Sessions limits a console session.
type Sessions struct {
	Idle     Duration `toml:"idle"`
	Absolute Duration `toml:"absolute"`
}

// Log is what is written to standard error.
type Log struct {
	Level  string `toml:"level"`  // debug, info, warn or error
	Format string `toml:"format"` // json or text
}

// Demo seeds a merchant for trying things out.
type Demo struct {
	Enabled bool `toml:"enabled"`
	Shop    bool `toml:"shop"` // serve the demo shop at /shop, on loopback only
	Day     bool `toml:"day"`  // trade a little on the first day, with differences in its bills
}

// Default returns the configuration of an installation that says nothing: an
// embedded database, everything on loopback, the sandbox on, no demo data.
func Default() Config {
	return Config{
		Server: Server{
			Listen:          "127.0.0.1:8080",
			BaseURL:         "http://127.0.0.1:8080",
			MetricsListen:   "127.0.0.1:9090",
			TrustedProxies:  []string{},
			BodyLimit:       256 << 10,
			ReadTimeout:     seconds(15),
			WriteTimeout:    seconds(30),
			IdleTimeout:     seconds(75),
			RequestTimeout:  seconds(20),
			DrainDelay:      seconds(1),
			ShutdownTimeout: seconds(20),
			RateLimit:       100,
			RateBurst:       200,
		},
		Database: Database{URL: "sqlite:data/piaohao.db"},
		Sandbox: Sandbox{
			Enabled:     true,
			DatabaseURL: "sqlite:data/sandbox.db",
			AllowNotify: []string{},
			RefundDelay: seconds(1), Quotas: true,
		},
		Channels: Channels{
			WeChatTestGateway: "{sandbox}/wechat",
			AlipayTestGateway: "{sandbox}/alipay/gateway.do",
			Timeout:           seconds(10),
			CircuitFailures:   5,
			CircuitOpenFor:    seconds(10),
		},
		Secrets:   Secrets{KeysetFile: "data/keyset.json", AuditKeyFile: "data/audit.key"},
		Webhooks:  Webhooks{Workers: 16, InFlightPerEndpoint: 4},
		Payments:  Payments{DefaultExpiry: Duration{30 * time.Minute}, CodeWait: Duration{45 * time.Second}},
		Reconcile: defaultReconcile(),
		Mail:      defaultMail(),
		Sessions:  Sessions{Idle: Duration{2 * time.Hour}, Absolute: Duration{12 * time.Hour}},
		Access:    Access{FreshFor: Duration{10 * time.Minute}, RequireSecondFactor: RequirePlatform},
		Log:       Log{Level: "info", Format: "json"},
	}
}

// ForDemo returns the defaults of `piaohao demo`: demo data and shop, webhooks to
// loopback, since its receiver is this very server.
func ForDemo() Config {
	c := Default()
	c.Demo.Enabled, c.Demo.Shop, c.Demo.Day = true, true, true
	c.Sandbox.SameDayBills = true // nobody waits for tomorrow to see a bill
	c.Webhooks.AllowPrivate = true
	// The demo's owner administers the platform too, and nobody's phone is at hand.
	c.Access.RequireSecondFactor = RequireNobody
	c.Server.DrainDelay = Duration{} // no load balancer stands in front
	return c
}

func seconds(n int) Duration { return Duration{time.Duration(n) * time.Second} }
