package wechat

import (
	"encoding/json"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// refundStates translates status and refund_status. ABNORMAL is not final: a
// person sends the money elsewhere, and it succeeds.
var refundStates = map[string]channel.RefundState{
	"PROCESSING": channel.RefundPending,
	"SUCCESS":    channel.RefundSucceeded,
	"CLOSED":     channel.RefundClosed,
	"ABNORMAL":   channel.RefundAbnormal,
}

// refundNotice is the resource of a REFUND notification, which the SDK lacks
// (https://pay.weixin.qq.com/doc/v3/merchant/4012791886). It calls refund_status
// what an answer calls status. A service provider's names both merchants.
type refundNotice struct {
	MchID           string `json:"mchid"`
	SpMchID         string `json:"sp_mchid"`
	SubMchID        string `json:"sub_mchid"`
	OutTradeNo      string `json:"out_trade_no"`
	TransactionID   string `json:"transaction_id"`
	OutRefundNo     string `json:"out_refund_no"`
	RefundID        string `json:"refund_id"`
	RefundStatus    string `json:"refund_status"`
	SuccessTime     string `json:"success_time"`
	ReceivedAccount string `json:"user_received_account"`
	Amount          struct {
		Total  int64 `json:"total"`
		Refund int64 `json:"refund"`
	} `json:"amount"`
}

func readRefundNotice(plain []byte) (channel.Refund, error) {
	var n refundNotice
	if err := json.Unmarshal(plain, &n); err != nil {
		return channel.Refund{}, unreadable("read refund: %w", err)
	}
	at, err := optionalTime(n.SuccessTime)
	if err != nil {
		return channel.Refund{}, err
	}
	refund, err := readRefund(channel.Refund{
		Number: n.OutRefundNo, PaymentNumber: n.OutTradeNo, ChannelRefundNo: n.RefundID, ChannelTradeNo: n.TransactionID,
		RawState: n.RefundStatus, Amount: app.Money(n.Amount.Refund), Total: app.Money(n.Amount.Total), At: at, Account: n.ReceivedAccount,
	})
	if err != nil {
		return channel.Refund{}, err
	}
	refund.Identity, refund.SubIdentity = n.MchID+n.SpMchID, n.SubMchID
	if refund.Identity == "" || n.MchID != "" && n.SpMchID != "" {
		return channel.Refund{}, unreadable("refund %s names no merchant, or two", refund.Number)
	}
	return refund, nil
}

// refundFacts takes what an answer says, unjudged.
func refundFacts(r *refunddomestic.Refund) channel.Refund {
	facts := channel.Refund{
		Number: text(r.OutRefundNo), PaymentNumber: text(r.OutTradeNo),
		ChannelRefundNo: text(r.RefundId), ChannelTradeNo: text(r.TransactionId), Account: text(r.UserReceivedAccount),
	}
	if r.Status != nil {
		facts.RawState = string(*r.Status)
	}
	if r.SuccessTime != nil {
		facts.At = r.SuccessTime.UTC()
	}
	if r.Amount != nil && r.Amount.Refund != nil && r.Amount.Total != nil {
		facts.Amount, facts.Total = app.Money(*r.Amount.Refund), app.Money(*r.Amount.Total)
	}
	return facts
}

// readRefund judges what a verified message says of a refund. It must name the
// refund, its payment and its amount, and say when it succeeded.
func readRefund(facts channel.Refund) (channel.Refund, error) {
	state, known := refundStates[facts.RawState]
	switch {
	case !known:
		return channel.Refund{}, unreadable("refund status %q", facts.RawState)
	case facts.Number == "" || facts.PaymentNumber == "" || facts.ChannelRefundNo == "" || facts.ChannelTradeNo == "":
		return channel.Refund{}, unreadable("refund %s lacks a number", facts.Number)
	case facts.Amount <= 0 || facts.Amount > facts.Total:
		return channel.Refund{}, unreadable("refund %s of %d of %d", facts.Number, facts.Amount, facts.Total)
	case state == channel.RefundSucceeded && facts.At.IsZero():
		return channel.Refund{}, unreadable("refund %s succeeded at no time", facts.Number)
	}
	facts.State, facts.Account = state, personal.Value("user_received_account", facts.Account)
	return facts, nil
}

func optionalTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, unreadable("success_time %q", s)
	}
	return at.UTC(), nil
}
