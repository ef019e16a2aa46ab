package app

// Mode separates test from live. Every object has one; they never mix.
type Mode string

// The modes.
const (
	Test Mode = "test"
	Live Mode = "live"
)

// Valid reports whether m is one of the two modes.
func (m Mode) Valid() bool { return m == Test || m == Live }

// Channel names a payment channel.
type Channel string

// The channels.
const (
	WeChat Channel = "wechat"
	Alipay Channel = "alipay"
)

// Valid reports whether c is a known channel.
func (c Channel) Valid() bool { return c == WeChat || c == Alipay }
