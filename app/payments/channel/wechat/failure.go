package wechat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// kinds are the error codes that mean something particular to us. A verified
// 4xx with any other code is a refusal (the error code tables of
// https://pay.weixin.qq.com/doc/v3/merchant/4012791877).
var kinds = map[string]channel.Kind{
	"ORDER_NOT_EXIST":        channel.KindNotExist,
	"RESOURCE_NOT_EXISTS":    channel.KindNotExist,
	"ORDERPAID":              channel.KindPaid,
	"ORDER_PAID":             channel.KindPaid,
	"ORDER_CLOSED":           channel.KindClosed,
	"ORDERCLOSED":            channel.KindClosed,
	"ORDERREVERSED":          channel.KindClosed, // undone, as payment codes are
	"ORDER_REVERSED":         channel.KindClosed,
	"OUT_TRADE_NO_USED":      channel.KindNumberUsed,
	"RATELIMIT_EXCEEDED":     channel.KindRateLimited,
	"FREQUENCY_LIMITED":      channel.KindRateLimited,
	"FREQUENCY_LIMIT_EXCEED": channel.KindRateLimited,
	"STATEMENT_CREATING":     channel.KindNotReady,
	"NO_STATEMENT_EXIST":     channel.KindNoBill,
	"SYSTEM_ERROR":           channel.KindUnknown,
	"SYSTEMERROR":            channel.KindUnknown,
	"BANK_ERROR":             channel.KindUnknown,
	"BANKERROR":              channel.KindUnknown,
}

// failure judges an error of the SDK. Only what a verified answer says is
// certain. A cancelled or expired context is KindUnknown like any transport
// error: whether the request left is not for the caller to guess.
func (c *client) failure(ctx context.Context, result *core.APIResult, err error, verified bool) *channel.Error {
	var answer *core.APIError
	if errors.As(err, &answer) {
		return c.refusal(ctx, answer)
	}
	e := &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Cause: err}
	if result == nil || result.Response == nil {
		e.Reason = failureReason(err, nil, verified, c.clock.Now())
		return e
	}
	e.Status, e.Reason = result.Response.StatusCode, failureReason(err, result.Response.Header, verified, c.clock.Now())
	if !verified {
		e.Cause = fmt.Errorf("%w: %w", channel.ErrUnverified, err)
	} else if !errors.Is(err, channel.ErrUnreadable) {
		e.Cause = fmt.Errorf("%w: %w", channel.ErrUnreadable, err)
	}
	return e
}

// refusal judges an answer other than 2xx, whose signature the SDK leaves
// unverified. The SDK's error is not kept as cause: its text is all headers.
func (c *client) refusal(ctx context.Context, a *core.APIError) *channel.Error {
	e := &channel.Error{
		Kind: channel.KindUnknown, Channel: app.WeChat,
		Code: a.Code, Message: a.Message, Status: a.StatusCode, Reason: reasonOf(a),
	}
	answer := &http.Response{Header: a.Header, Body: io.NopCloser(strings.NewReader(a.Body))}
	if err := c.answers.Validate(ctx, answer); err != nil {
		e.Cause = fmt.Errorf("%w: %w", channel.ErrUnverified, err)
		if e.Reason == "" {
			e.Reason = failureReason(err, a.Header, false, c.clock.Now())
		}
		return e
	}
	if a.StatusCode < 400 || a.Code == "" {
		e.Cause = channel.ErrUnreadable
		return e
	}
	if a.StatusCode < 500 {
		e.Kind = kindOf(a.Code, a.Message)
	}
	if e.Kind == channel.KindRateLimited {
		e.RetryAfter = retryAfter(a.Header)
	}
	return e
}

// retryAfter reads how many seconds to wait, 0 when that is not said.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, maxRetryAfter)) * time.Second
}

// maxRetryAfter is how many seconds an answer may ask us to wait: headers are
// not signed.
const maxRetryAfter = 300

func kindOf(code, message string) channel.Kind {
	if code == "INVALID_REQUEST" && strings.Contains(message, "商户订单号重复") {
		return channel.KindNumberUsed // "201 商户订单号重复": the number stands for other content
	}
	if kind, ok := kinds[code]; ok {
		return kind
	}
	return channel.KindRefused
}

// unreadable is a verified answer that does not say what it must.
func unreadable(format string, args ...any) *channel.Error {
	return &channel.Error{
		Kind: channel.KindUnknown, Channel: app.WeChat,
		Cause: fmt.Errorf("%w: "+format, append([]any{channel.ErrUnreadable}, args...)...),
	}
}

// CodeCertificatesUnavailable is the Code of a KindUnknown for want of any
// platform certificate: nothing could be verified, so nothing was sent.
// Merchants registered since 2024 have none and need the public-key mode.
const CodeCertificatesUnavailable = "CERTIFICATES_UNAVAILABLE"

func certificatesError(err error) *channel.Error {
	e := &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Code: CodeCertificatesUnavailable, Cause: err}
	var answer *core.APIError
	if errors.As(err, &answer) {
		e.Status, e.Message = answer.StatusCode, strings.TrimSpace(answer.Code+" "+answer.Message)
		e.Cause, e.Reason = channel.ErrUnverified, reasonOf(answer)
		if answer.StatusCode == http.StatusNotFound {
			e.Reason = reasonNoCertificates
		}
		return e
	}
	if e.Reason = failureReason(err, nil, false, time.Time{}); e.Reason == "" {
		e.Reason = reasonNoCertificates // it answered, and had none
	}
	return e
}
