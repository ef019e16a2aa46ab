package webhooks

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/safedial"
)

const (
	maxURL         = 2048
	maxDescription = 200
	maxEventTypes  = 50
	maxEndpoints   = 20 // of a merchant in one mode
)

// Input is a new endpoint. EventTypes empty means everything. Secret may bring
// the merchant's own ("whsec_" and base64 of 24 to 64 bytes); empty makes one.
type Input struct {
	URL         string
	Description string
	EventTypes  []string
	Secret      string
	Asymmetric  bool // also sign with an ed25519 key (v1a)
}

// Patch changes an endpoint; nil leaves a member as it is.
type Patch struct {
	URL         *string
	Description *string
	EventTypes  *[]string
}

func (s *Service) checkURL(raw string) error {
	bad := func(code, format string, args ...any) error {
		return app.InvalidField("url", code, format, args...)
	}
	if raw == "" {
		return bad("required", "an endpoint needs a URL")
	}
	if len(raw) > maxURL {
		return bad("too_long", "a URL has at most %d characters", maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return bad("invalid", "not an absolute URL")
	}
	if u.User != nil {
		return bad("invalid", "a URL with a user name or password would show it in every list: leave it out")
	}
	if strings.Contains(raw, "#") {
		return bad("invalid", "a fragment is never sent: leave it out")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !s.private(u)) {
		return bad("https_required", "the URL must begin with https://")
	}
	if s.private(u) {
		return nil
	}
	if err := safedial.CheckHost(u.Hostname()); err != nil {
		return bad("not_public", "%s is not an address on the public internet", u.Hostname())
	}
	return nil
}

// private reports whether the URL is exempt from having to be public.
func (s *Service) private(u *url.URL) bool {
	if s.cfg.AllowPrivate {
		return true
	}
	for _, h := range s.cfg.AllowHosts {
		if strings.EqualFold(h, u.Hostname()) || strings.EqualFold(h, u.Host) {
			return true
		}
	}
	return false
}

func checkDescription(d string) error {
	if utf8.RuneCountInString(d) > maxDescription {
		return app.InvalidField("description", "too_long", "a description has at most %d characters", maxDescription)
	}
	if !utf8.ValidString(d) {
		return app.InvalidField("description", "invalid", "the description is not UTF-8")
	}
	return nil
}

func checkEventTypes(types []string) (EventTypes, error) {
	if len(types) == 0 {
		return EventTypes{"*"}, nil
	}
	if len(types) > maxEventTypes {
		return nil, app.InvalidField("event_types", "too_many", "at most %d event types", maxEventTypes)
	}
	for i, t := range types {
		object, all := strings.CutSuffix(t, ".*")
		if t != "*" && !events.ValidType(t) && (!all || !events.ValidType(object+".x")) {
			return nil, app.InvalidField(fmt.Sprintf("event_types.%d", i), "invalid", "%q is not an event type: use * or payment.* or payment.succeeded", t)
		}
	}
	return types, nil
}
