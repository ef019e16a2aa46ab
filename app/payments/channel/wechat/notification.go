package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// The Codes of a KindForged: why nothing in the message may be believed.
// CodeSignTest is WeChat's own probe of whether we verify at all; it must be
// turned away like a forgery, and the real message follows.
// CodeOtherMerchant is a provider's genuine message about another one of its
// merchants, whose messages the same keys sign.
const (
	CodeSignTest      = "SIGNTEST"
	CodeUnsigned      = "UNSIGNED"
	CodeStale         = "STALE_TIMESTAMP"
	CodeSignature     = "BAD_SIGNATURE"
	CodeOtherMerchant = "OTHER_MERCHANT"
)

const signTestPrefix = "WECHATPAY/SIGNTEST/"

// ParseNotification verifies a message against the merchant's platform keys
// and decrypts it with the APIv3 key. A retry carries a fresh signature, so the
// SDK's limit of five minutes turns away replays, never a late retry. What
// verifies but cannot be read is KindUnknown.
func (c *client) ParseNotification(ctx context.Context, n channel.Notification) (channel.Notice, error) {
	request := copyRequest(n)
	if code := obviousForgery(request.Header); code != "" {
		e := forged(code)
		if code == CodeSignTest {
			e.About = c.probed(n.Body)
		}
		return channel.Notice{}, e
	}
	ctx, heard := withVerdict(channel.WithOperation(ctx, "notification"))
	var plain json.RawMessage
	message, err := parse(ctx, c.notices, request, &plain)
	if !heard.verified {
		return channel.Notice{}, c.unverified(request.Header)
	}
	if err != nil {
		return channel.Notice{}, unreadable("open resource: %w", err)
	}
	return c.readNotice(message, plain, heard.serial)
}

// probed is the order number in a probe, "" where our APIv3 key does not open it.
// That it opens proves who sealed it, and not that it is meant: nothing else of it
// is read.
func (c *client) probed(body []byte) (number string) {
	defer func() {
		if recover() != nil { // the SDK panics over a nonce of another length
			number = ""
		}
	}()
	var m notify.Request
	if json.Unmarshal(body, &m) != nil || m.Resource == nil {
		return ""
	}
	plain, err := utils.DecryptAES256GCM(c.apiV3Key, m.Resource.AssociatedData, m.Resource.Nonce, m.Resource.Ciphertext)
	if err != nil {
		return ""
	}
	var order struct {
		Number string `json:"out_trade_no"`
	}
	if json.Unmarshal([]byte(plain), &order) != nil {
		return ""
	}
	return order.Number
}

// copyRequest makes the request that the SDK reads from: our own copy of the
// body, header names in canonical form.
func copyRequest(n channel.Notification) *http.Request {
	header := http.Header{}
	for name, values := range n.Header {
		for _, v := range values {
			header.Set(name, v)
		}
	}
	return &http.Request{Method: http.MethodPost, Header: header, Body: io.NopCloser(bytes.NewReader(bytes.Clone(n.Body)))}
}

// obviousForgery finds what needs no key to be turned away.
func obviousForgery(h http.Header) string {
	signature := strings.TrimSpace(h.Get(consts.WechatPaySignature))
	switch {
	case signature == "" || h.Get(consts.WechatPaySerial) == "" || h.Get(consts.WechatPayNonce) == "":
		return CodeUnsigned
	case strings.HasPrefix(signature, signTestPrefix):
		return CodeSignTest
	}
	at, err := strconv.ParseInt(strings.TrimSpace(h.Get(consts.WechatPayTimestamp)), 10, 64)
	if err != nil {
		return CodeUnsigned
	}
	if time.Since(time.Unix(at, 0)).Abs() >= consts.FiveMinute*time.Second {
		return CodeStale
	}
	return ""
}

// parse guards against the SDK's panics over a message whose resource or nonce
// is malformed. Its errors quote headers and body, so they are not passed on.
func parse(ctx context.Context, h *notify.Handler, r *http.Request, plain *json.RawMessage) (message *notify.Request, err error) {
	defer func() {
		if p := recover(); p != nil {
			message, err = nil, errors.New("malformed resource")
		}
	}()
	message, err = h.ParseNotifyRequest(ctx, r, plain)
	if err != nil {
		return nil, errors.New("not the expected encryption, or not our APIv3 key")
	}
	return message, nil
}

// unverified tells a forgery from our own want of certificates.
func (c *client) unverified(h http.Header) *channel.Error {
	certificate := !strings.HasPrefix(h.Get(consts.WechatPaySerial), publicKeyPrefix)
	if certificate && c.certificates != nil && c.certificates.empty() {
		return certificatesError(errors.New("no platform certificate to verify with"))
	}
	return forged(CodeSignature)
}

func forged(code string) *channel.Error {
	return &channel.Error{Kind: channel.KindForged, Channel: app.WeChat, Code: code}
}

// readNotice translates a verified message. TRANSACTION events are about an
// order's payment, REFUND events about a refund; others pass with their plain
// text.
func (c *client) readNotice(m *notify.Request, plain json.RawMessage, serial string) (channel.Notice, error) {
	shown, err := masked(m.Resource.Plaintext)
	if err != nil {
		return channel.Notice{}, unreadable("mask resource: %w", err)
	}
	notice := channel.Notice{ID: m.ID, Type: m.EventType, VerifiedBy: serial, Plain: shown}
	switch {
	case strings.HasPrefix(m.EventType, "TRANSACTION."):
		trade, err := c.noticedTrade(plain)
		if err != nil {
			return channel.Notice{}, err
		}
		notice.Trade = &trade
	case strings.HasPrefix(m.EventType, "REFUND."):
		refund, err := readRefundNotice(plain)
		if err != nil {
			return channel.Notice{}, err
		}
		if c.misbound(refund.Identity, refund.SubIdentity) {
			return channel.Notice{}, forged(CodeOtherMerchant)
		}
		notice.Refund = &refund
	}
	return notice, nil
}

func (c *client) noticedTrade(plain json.RawMessage) (channel.Trade, error) {
	told, err := c.desk.read(plain)
	if err != nil {
		return channel.Trade{}, unreadable("read transaction: %w", err)
	}
	trade, err := readTrade(told)
	if err != nil {
		return channel.Trade{}, err
	}
	if c.misbound(trade.Identity, trade.SubIdentity) {
		return channel.Trade{}, forged(CodeOtherMerchant)
	}
	return trade, nil
}

// misbound reports whether a genuine message is about another merchant of the
// provider. A direct merchant's keys sign for nobody else: the identity is for
// the platform to compare, which keeps what does not fit.
func (c *client) misbound(mchID, subMchID string) bool {
	if c.subMchID == "" {
		return subMchID != ""
	}
	return !c.ours(mchID, subMchID)
}
