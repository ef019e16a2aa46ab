package config

import "strings"

// sandboxMark begins a gateway that lies below the sandbox, wherever that is.
const sandboxMark = "{sandbox}"

// SandboxURL is where the sandbox is reached: its own process when sandbox.url
// names one, this server otherwise; "" without a sandbox.
func (c Config) SandboxURL() string {
	switch {
	case c.Sandbox.URL != "":
		return strings.TrimSuffix(c.Sandbox.URL, "/")
	case c.Sandbox.Enabled:
		return c.Server.BaseURL + "/sandbox"
	}
	return ""
}

// WeChatTestGateway is the base URL of WeChat Pay's API for test-mode accounts,
// "" in a live-only installation.
func (c Config) WeChatTestGateway() string { return c.testGateway(c.Channels.WeChatTestGateway) }

// AlipayTestGateway is Alipay's gateway for test-mode accounts, "" in a
// live-only installation.
func (c Config) AlipayTestGateway() string { return c.testGateway(c.Channels.AlipayTestGateway) }

func (c Config) testGateway(template string) string {
	if c.Channels.LiveOnly {
		return ""
	}
	return strings.Replace(template, sandboxMark, c.SandboxURL(), 1)
}
