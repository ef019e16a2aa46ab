package trade

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// CheckNotifyURL demands https, as the channels do. On loopback the sandbox
// also takes plain http to loopback, or nothing could be tried on one machine.
// A refusal is Invalid.
func (s *Service) CheckNotifyURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil:
		return app.InvalidField("notify_url", "malformed", "notify_url is not an absolute URL")
	case u.Scheme == "https", u.Scheme == "http" && s.local && isLoopback(u.Hostname()):
		return nil
	}
	return app.InvalidField("notify_url", "not_https", "notify_url must be https")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// mayNotify guards against making the simulator send requests anywhere: only to
// the platform under test and to hosts that were allowed.
func (s *Service) mayNotify(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return errors.New("the notify_url is not a URL")
	}
	for _, host := range s.allow {
		if strings.EqualFold(u.Host, host) || strings.EqualFold(u.Hostname(), host) {
			return nil
		}
	}
	return fmt.Errorf("the sandbox does not notify %s: add it to sandbox.allow_notify", u.Host)
}

// MayReturn reports whether a payer may be led back to the URL: only to the
// hosts that may be notified, as H5 pages return to registered domains only.
func (s *Service) MayReturn(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && s.mayNotify(raw) == nil
}
