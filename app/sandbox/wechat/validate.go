package wechat

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
)

const (
	defaultLife = 7 * 24 * time.Hour
	maxLife     = 90 * 24 * time.Hour
	minLife     = time.Minute
	missing     = "必填字段缺失"
)

type requiredField struct {
	field, value string
	max          int // in characters
}

// check validates the fields every product shares, in the order in which the
// channel's document lists them, and sets the order's expiry.
func (g *Gateway) check(o *order, l line, p product, now time.Time) error {
	required := []requiredField{{"/appid", o.AppID, 32}, {"/description", o.Description, 127}, {"/notify_url", o.NotifyURL, 255}}
	if l.partner {
		required[0] = requiredField{"/sp_appid", o.SpAppID, 32}
	}
	if p.silent {
		required = required[:2]
	}
	for _, f := range required {
		if strings.TrimSpace(f.value) == "" {
			return paramError("body", f.field, f.value, missing)
		}
		if n := utf8.RuneCountInString(f.value); n > f.max {
			return paramError("body", f.field, f.value, "字符数超过最大值")
		}
	}
	if err := checkOutTradeNo(o.OutTradeNo); err != nil {
		return err
	}
	if !p.silent {
		if err := g.checkNotifyURL(o.NotifyURL); err != nil {
			return err
		}
	}
	if utf8.RuneCountInString(o.Attach) > 128 {
		return paramError("body", "/attach", o.Attach, "字符数超过最大值 128")
	}
	if utf8.RuneCountInString(o.GoodsTag) > 32 {
		return paramError("body", "/goods_tag", o.GoodsTag, "字符数超过最大值 32")
	}
	if err := checkAmount(o.Amount); err != nil {
		return err
	}
	return o.readExpiry(now)
}

const numberAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-*"

// checkOutTradeNo demands 6 to 32 of letters, digits and _-*, the alphabet the
// channel documents for payments.
func checkOutTradeNo(no string) error {
	if no == "" {
		return paramError("body", "/out_trade_no", no, missing)
	}
	if len(no) < 6 || len(no) > 32 {
		return paramError("body", "/out_trade_no", no, "字节数应为6至32")
	}
	if strings.ContainsFunc(no, func(r rune) bool { return !strings.ContainsRune(numberAlphabet, r) }) {
		return paramError("body", "/out_trade_no", no, "只能是数字、大小写字母_-*")
	}
	return nil
}

func checkAmount(a *amount) error {
	switch {
	case a == nil:
		return paramError("body", "/amount", nil, missing)
	case a.Total == nil:
		return paramError("body", "/amount/total", nil, missing)
	case *a.Total < 1:
		return paramError("body", "/amount/total", *a.Total, "小于最小值 1")
	case *a.Total > int64(app.MaxAmount):
		return paramError("body", "/amount/total", *a.Total, "超过最大值")
	case a.Currency != "" && a.Currency != app.CNY:
		return paramError("body", "/amount/currency", a.Currency, "Currency code is invalid")
	}
	return nil
}

// checkNotifyURL demands https without a query.
func (g *Gateway) checkNotifyURL(raw string) error {
	if strings.ContainsAny(raw, "?#") {
		return paramError("body", "/notify_url", raw, "不能携带参数")
	}
	if err := g.trades.CheckNotifyURL(raw); err != nil {
		return paramError("body", "/notify_url", raw, "必须为合法的https地址")
	}
	return nil
}

// readExpiry reads time_expire, the last moment at which the order can be paid.
// Too soon a moment is left to the caller: the order may exist already.
func (o *order) readExpiry(now time.Time) error {
	if o.TimeExpire == "" {
		o.expiresAt = now.Add(defaultLife)
		return nil
	}
	at, err := time.Parse(time.RFC3339, o.TimeExpire)
	if err != nil {
		return paramError("body", "/time_expire", o.TimeExpire, "不符合rfc3339格式")
	}
	if at.Sub(now) > maxLife {
		return paramError("body", "/time_expire", o.TimeExpire, "距当前时间超过90天")
	}
	o.expiresAt = at
	return nil
}
