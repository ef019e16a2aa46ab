package config

import (
	"net/mail"
	"slices"
)

// Mail is the server that takes the platform's mails; an empty Host sends none.
type Mail struct {
	Host     string   `toml:"host"`
	Port     int      `toml:"port"`
	Security string   `toml:"security"` // starttls, tls or none
	Username string   `toml:"username"`
	Password Secret   `toml:"password"`
	From     string   `toml:"from"`
	Locale   string   `toml:"locale"`  // zh-CN or en
	Timeout  Duration `toml:"timeout"` // of one mail
}

func defaultMail() Mail {
	return Mail{Port: 587, Security: "starttls", Locale: "zh-CN", Timeout: seconds(30)}
}

func (m Mail) validate(p *Problems) {
	if m.Host == "" {
		if m.From != "" || m.Username != "" || m.Password != "" {
			p.add("mail.host", "name the server, or clear the rest of mail", "a sender is named, but no server")
		}
		return
	}
	between(p, "mail.port", m.Port, 1, 65535)
	if !slices.Contains([]string{"starttls", "tls", "none"}, m.Security) {
		p.add("mail.security", "choose starttls, tls or none", "%q is none of them", m.Security)
	}
	if m.Security == "none" && m.Username != "" {
		p.add("mail.security", "choose starttls or tls", "the password would be sent in the clear")
	}
	if a, err := mail.ParseAddress(m.From); err != nil || a.Address != m.From {
		p.add("mail.from", "write an address such as piaohao@example.com", "%q is none", m.From)
	}
	if m.Locale != "zh-CN" && m.Locale != "en" {
		p.add("mail.locale", "choose zh-CN or en", "%q is neither", m.Locale)
	}
	if m.Timeout.Duration <= 0 {
		p.add("mail.timeout", "choose about 30s", "it must be positive")
	}
}
