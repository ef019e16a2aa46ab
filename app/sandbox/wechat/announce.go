package wechat

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// notification is the envelope of what the channel sends.
type notification struct {
	ID           string `json:"id"`
	CreateTime   string `json:"create_time"`
	ResourceType string `json:"resource_type"`
	EventType    string `json:"event_type"`
	Summary      string `json:"summary"`
	Resource     sealed `json:"resource"`
}

// Announcer is how WeChat notifies: fifteen retries in a day, five seconds for
// an answer, 200 or 204 to accept.
func (g *Gateway) Announcer() trade.Announcer {
	return trade.Announcer{
		Build:   g.build,
		Accepts: func(status int, _ []byte) bool { return status == http.StatusOK || status == http.StatusNoContent },
		Retries: retries(),
		Timeout: 5 * time.Second,
		Faults:  trade.Faults(),
	}
}

// retries is the documented schedule: the waits after each failed sending.
func retries() []time.Duration {
	s, m, h := time.Second, time.Minute, time.Hour
	return []time.Duration{
		15 * s, 15 * s, 30 * s, 3 * m, 10 * m, 20 * m, 30 * m, 30 * m, 30 * m, 60 * m,
		3 * h, 3 * h, 3 * h, 6 * h, 6 * h,
	}
}

// build makes the signed request that announces a payment or a refund.
func (g *Gateway) build(ctx context.Context, m trade.Message) (*http.Request, error) {
	body, err := newsOf(m).envelope(m)
	if err != nil {
		return nil, err
	}
	ks, err := g.keys.of(m.Merchant)
	if err != nil {
		return nil, err
	}
	serial := "" // the merchant's usual key
	if m.Fault == trade.SignWithPublicKey {
		serial = m.Merchant.WeChat.PublicKeyID
	}
	s, err := ks.sign(serial, m.Now, body)
	if err != nil {
		return nil, err
	}
	if err := s.spoil(m.Fault); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Notification.NotifyURL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Mozilla/4.0")
	req.Header.Set("Request-ID", requestID())
	s.put(req.Header.Set)
	return req, nil
}

// news is what a notification says.
type news struct {
	event, summary string
	kind           string // original_type and associated_data
	content        any
}

func newsOf(m trade.Message) news {
	if m.Refund != nil {
		return refundNews(m)
	}
	return paymentNews(m)
}

// paymentNews says that the order was paid, whatever was given back since: what
// happened then is what was announced then.
func paymentNews(m trade.Message) news {
	t := m.Trade
	if t.WasPaid() {
		t.State = trade.Paid
	}
	content := transactionOf(t, m.Now)
	if m.Fault == trade.TamperAmount {
		content.Amount.Total++
		content.Amount.PayerTotal++
	}
	return news{event: "TRANSACTION.SUCCESS", summary: "支付成功", kind: "transaction", content: content}
}

func (n news) envelope(m trade.Message) ([]byte, error) {
	plain, err := encode(n.content)
	if err != nil {
		return nil, err
	}
	resource, err := seal(m.Merchant.WeChat.APIv3Key, n.kind, plain)
	if err != nil {
		return nil, err
	}
	resource.OriginalType = n.kind
	return encode(notification{
		ID: m.Notification.ID, CreateTime: stamp(m.Notification.CreatedAt),
		ResourceType: "encrypt-resource", EventType: n.event, Summary: n.summary, Resource: resource,
	})
}

// probePrefix marks the signatures by which WeChat checks that a merchant
// really verifies.
const probePrefix = "WECHATPAY/SIGNTEST/"

// spoil makes the signature wrong as the fault demands.
func (s *signature) spoil(f trade.Fault) error {
	switch f {
	case trade.SignTest:
		s.value = probePrefix + s.value
	case trade.BadSignature:
		raw, err := base64.StdEncoding.DecodeString(s.value)
		if err != nil {
			return err
		}
		raw[len(raw)/2] ^= 1
		s.value = base64.StdEncoding.EncodeToString(raw)
	}
	return nil
}
