package paymentstest

import (
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// Operation names what a request to a channel asks for: the last word of its
// path at WeChat, such as "codepay", and the method at Alipay, such as
// "alipay.trade.pay".
func Operation(r *http.Request) string {
	if !strings.HasSuffix(r.URL.Path, "gateway.do") || r.GetBody == nil {
		return path.Base(r.URL.Path)
	}
	body, err := r.GetBody()
	if err != nil {
		return ""
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return ""
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return ""
	}
	return form.Get("method")
}

// Operations returns how often the operation was asked for.
func (w *Wire) Operations(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[name]
}
