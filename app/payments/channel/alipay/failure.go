package alipay

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/smartwalle/alipay/v3"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// answer opens every node. The SDK hands one over without error only when its
// signature verified, whatever its code.
type answer struct {
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	SubCode string `json:"sub_code"`
	SubMsg  string `json:"sub_msg"`
}

// result is a node of a particular method; each embeds answer.
type result interface{ verified() answer }

func (a answer) verified() answer { return a }

const (
	codeSuccess = "10000"
	codePaying  = "10003" // accepted, the payer has yet to confirm: not paid
	codeNoToken = "20001"
	codeTooMany = "40005"
)

// kinds are the sub-codes that mean something particular to us; any other of a
// business failure is a refusal
// (https://opendocs.alipay.com/open/8ad49e4a_alipay.trade.precreate). AQC is
// how some of the documents, and some of the answers, spell it.
var kinds = map[string]channel.Kind{
	"ACQ.TRADE_NOT_EXIST":           channel.KindNotExist,
	"ACQ.TRADE_HAS_SUCCESS":         channel.KindPaid,
	"ACQ.TRADE_HAS_FINISHED":        channel.KindPaid,
	"ACQ.TRADE_HAS_CLOSE":           channel.KindClosed,
	"ACQ.CONTEXT_INCONSISTENT":      channel.KindNumberUsed,
	"ACQ.DISCORDANT_REPEAT_REQUEST": channel.KindNumberUsed,
	"ACQ.SYSTEM_ERROR":              channel.KindUnknown,
	"AQC.SYSTEM_ERROR":              channel.KindUnknown,
	"SYSTEM_ERROR":                  channel.KindUnknown,
}

// failure judges a verified answer: nil for success alone. That a payer has yet
// to confirm is an answer to one method only, which asks for it itself.
func (a answer) failure() error {
	switch a.Code {
	case codeSuccess:
		return nil
	case codePaying:
		return unreadable("%s where no payer is to confirm", a.Code)
	}
	return a.as(a.kind())
}

func (a answer) as(kind channel.Kind) *channel.Error {
	return &channel.Error{Kind: kind, Channel: app.Alipay, Code: or(a.SubCode, a.Code), Message: or(a.SubMsg, a.Msg), Reason: reasonOf(a.Code, a.SubCode, a.SubMsg)}
}

// kind says what a signed failure means. Codes 4xxxx certainly did nothing, but
// for sub-codes that blame the service (isp., aop.): there, as with 20000, the
// request may have gone through. 20001 turns an authorisation away at the
// gateway, before anything is done; its sub-codes are spelt "aop." all the same
// (https://opendocs.alipay.com/common/02km9f).
func (a answer) kind() channel.Kind {
	if kind, ok := kinds[a.SubCode]; ok {
		return kind
	}
	switch {
	case a.Code == codeNoToken:
		return channel.KindRefused
	case strings.HasPrefix(a.SubCode, "isp.") || strings.HasPrefix(a.SubCode, "aop."):
		return channel.KindUnknown
	case a.Code == codeTooMany:
		return channel.KindRateLimited
	case len(a.Code) == 5 && a.Code[0] == '4':
		return channel.KindRefused
	}
	return channel.KindUnknown
}

// failure judges an error of the SDK: nothing verified, so nothing is certain.
// The code of an unsigned failure is kept for people, never believed. A
// cancelled or expired context is KindUnknown like any transport error:
// whether the request left is not for the caller to guess.
func failure(err error) *channel.Error {
	e := &channel.Error{Kind: channel.KindUnknown, Channel: app.Alipay}
	var unsigned *sdk.Error
	switch {
	case errors.As(err, &unsigned):
		e.Cause = channel.ErrUnverified
		if unsigned != nil { // a node "null" makes the SDK return a nil one
			e.Code, e.Message = or(unsigned.SubCode, string(unsigned.Code)), or(unsigned.SubMsg, unsigned.Msg)
			e.Reason = reasonOf(string(unsigned.Code), unsigned.SubCode, unsigned.SubMsg)
		}
	case errors.Is(err, rsa.ErrVerification), errors.Is(err, sdk.ErrAliPublicKeyNotFound):
		e.Cause, e.Reason = fmt.Errorf("%w: %w", channel.ErrUnverified, err), failureReason(err)
	default:
		e.Cause, e.Reason = err, failureReason(err)
	}
	return e
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// unreadable is a verified answer that does not say what it must.
func unreadable(format string, args ...any) *channel.Error {
	return &channel.Error{
		Kind: channel.KindUnknown, Channel: app.Alipay,
		Cause: fmt.Errorf("%w: "+format, append([]any{channel.ErrUnreadable}, args...)...),
	}
}

// refused is an order that was not sent, since no answer could accept it.
func refused(code, message string) *channel.Error {
	return &channel.Error{Kind: channel.KindRefused, Channel: app.Alipay, Code: code, Message: message}
}

// uncertain is what remains of an answer when the question that was to confirm
// it was not answered: that question's limit or refusal does not say that
// nothing happened before it.
func uncertain(err error) *channel.Error {
	unknown := &channel.Error{Kind: channel.KindUnknown, Channel: app.Alipay, Cause: err}
	var said *channel.Error
	if errors.As(err, &said) {
		unknown.Code, unknown.Message = said.Code, said.Message
	}
	return unknown
}
