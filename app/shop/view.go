package shop

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

func (w words) channel(name string) string {
	if name == "wechat" {
		return w.WeChat
	}
	return w.Alipay
}

// place says where a method's page stands.
func (w words) place(m method) string {
	switch {
	case m.Shape == ownApp:
		return w.AppTitle
	case m.Name == "wechat_jsapi":
		return w.InAppTitle
	}
	return w.MiniTitle
}

func (w words) payWith(m method) string {
	if m.Channel == "wechat" {
		return w.PayWeChat
	}
	return w.PayAlipay
}

func (w words) goTo(m method) string {
	if m.Channel == "wechat" {
		return w.GoWeChat
	}
	return w.GoAlipay
}

// title and text say what a status means to the payer.
func (w words) title(status string) string { t, _ := w.meaning(status); return t }

func (w words) text(status string) string { _, t := w.meaning(status); return t }

func (w words) meaning(status string) (title, text string) {
	switch status {
	case "succeeded":
		return w.PaidTitle, w.PaidText
	case "closed":
		return w.ClosedTitle, w.ClosedText
	case "failed":
		return w.FailedTitle, w.FailedText
	case "in_review":
		return w.ReviewTitle, w.ReviewText
	}
	return w.UnknownTitle, w.UnknownText
}

func (v paymentView) path(tail string) string {
	return "/shop/" + v.Method.Name + "/" + v.Payment.ID + tail
}

// self is this page again.
func (v paymentView) self() string {
	if v.Code == "" {
		return v.path("")
	}
	return v.path("?" + url.Values{"code": {v.Code}}.Encode())
}

func (p *problem) status() string {
	title := p.Title
	if title == "" {
		title = http.StatusText(p.Status)
	}
	return fmt.Sprintf("%d %s", p.Status, title)
}

// moment renders the API's times, which are in UTC+8.
func moment(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return stamp
	}
	return t.Format("2006-01-02 15:04:05")
}
