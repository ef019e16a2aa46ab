package shop

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"

	"github.com/piaohao/piaohao/app"
)

// orderOf is the order that the shop sends for a method. number is unique per
// order; code is what the till scanned.
func (s *Shop) orderOf(r *http.Request, m method, number string, amount app.Money, subject, code string) (order, error) {
	other, err := s.attemptOf(r, m, number, code)
	return order{
		OrderNo: number, Amount: amount, Currency: app.CNY, Subject: subject,
		Method: m.Name, AppID: other.AppID, ReturnURL: other.ReturnURL, Payer: other.Payer,
	}, err
}

// attemptOf is what a method needs besides the order itself.
func (s *Shop) attemptOf(r *http.Request, m method, number, code string) (attempt, error) {
	a := attempt{Method: m.Name, AppID: s.cfg.Apps[m.App]}
	var err error
	a.Payer, err = s.payerFor(r.Context(), m, clientIP(r), code)
	if m.Shape == browser || m.Shape == desktop {
		a.ReturnURL = s.cfg.URL + "/return/" + number
	}
	return a, err
}

// payerFor finds out what the method wants to know of the payer.
func (s *Shop) payerFor(ctx context.Context, m method, ip, code string) (*payer, error) {
	switch {
	case m.Shape == till && m.Channel == "wechat":
		return &payer{AuthCode: code, ClientIP: ip}, nil
	case m.Shape == till:
		return &payer{AuthCode: code}, nil
	case m.Name == "wechat_h5":
		return &payer{ClientIP: ip}, nil
	case m.Shape == inApp:
		who, err := s.phone.identity(ctx, m.Channel, s.cfg.Apps[m.App])
		if m.Channel == "alipay" {
			return &payer{BuyerID: who}, err
		}
		return &payer{OpenID: who}, err
	}
	return nil, nil //nolint:nilnil // the other methods ask nothing
}

// clientIP is the payer's address; the demo's payer sits at this machine.
func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || net.ParseIP(host) == nil {
		return "127.0.0.1"
	}
	return host
}

// newNumber makes an order's number, which is its Idempotency-Key as well: a
// form that is sent twice orders once.
func newNumber() string { return "SHOP" + rand.Text()[:16] }
