package pages

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/inbox"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// moment renders a time in Beijing's zone, "–" for never.
func moment(m app.Millis) string {
	if m == 0 {
		return "–"
	}
	return m.Time().In(app.Beijing).Format("2006-01-02 15:04:05")
}

func (w words) channel(c app.Channel) string {
	if c == app.WeChat {
		return w.WeChat
	}
	return w.Alipay
}

func (w words) mode(m trade.Mode) string {
	switch m {
	case trade.Certificate:
		return w.ModeCertificate
	case trade.Both:
		return w.ModeBoth
	}
	return w.ModePublicKey
}

// badge is a status: its word, and the class that gives it shape and colour.
type badge struct{ Word, Class string }

func (w words) tradeBadge(t trade.Trade, expired bool) badge {
	if t.WasPaid() && t.Refunded > 0 && t.Refunded < t.Amount {
		return badge{w.StatePartly, "good"}
	}
	switch t.State {
	case trade.Paid, trade.Finished:
		return badge{w.StatePaid, "good"}
	case trade.Refunded:
		return badge{w.StateRefunded, "closed"}
	case trade.Closed:
		return badge{w.StateClosed, "closed"}
	}
	if expired {
		return badge{w.StateExpired, "closed"}
	}
	return badge{w.StateUnpaid, "waiting"}
}

func (w words) noticeBadge(s trade.NotificationState) badge {
	switch s {
	case trade.Delivered:
		return badge{w.NoticeDelivered, "good"}
	case trade.Dropped:
		return badge{w.NoticeDropped, "attention"}
	case trade.Exhausted:
		return badge{w.NoticeExhausted, "bad"}
	}
	return badge{w.NoticePending, "waiting"}
}

func (w words) refundBadge(s trade.RefundState) badge {
	switch s {
	case trade.RefundSucceeded:
		return badge{w.RefundSucceeded, "good"}
	case trade.RefundClosed:
		return badge{w.RefundClosed, "closed"}
	case trade.RefundAbnormal:
		return badge{w.RefundAbnormal, "bad"}
	}
	return badge{w.RefundProcessing, "waiting"}
}

func (w words) attemptBadge(a trade.Attempt) badge {
	if a.Accepted {
		return badge{w.AttemptAccepted, "good"}
	}
	return badge{w.AttemptRefused, "bad"}
}

func (w words) messageBadge(m inbox.Message) badge {
	switch {
	case m.Verified:
		return badge{w.Verified, "good"}
	case m.Problem == inbox.NoSecret:
		return badge{w.NotChecked, "attention"}
	}
	return badge{w.NotVerified, "bad"}
}

func (f frame) faultName(fault trade.Fault) string {
	if name, ok := f.W.FaultNames[string(fault)]; ok {
		return name
	}
	return string(fault)
}

// at reports whether the menu's path is this page or above it.
func (f frame) at(path string) bool {
	section := path
	if i := strings.Index(path[len("/sandbox/"):], "/"); i >= 0 {
		section = path[:len("/sandbox/")+i]
	}
	return f.Path == section || strings.HasPrefix(f.Path, section+"/")
}

// indented lays JSON out for reading; anything else stays as it came.
func indented(body string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") != nil {
		return body
	}
	return b.String()
}
