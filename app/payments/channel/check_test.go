package channel_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

func TestKindOf(t *testing.T) {
	paid := &channel.Error{Kind: channel.KindPaid, Channel: app.WeChat, Code: "ORDERPAID", Message: "该订单已支付", Cause: io.EOF}
	for _, c := range []struct {
		err  error
		want channel.Kind
	}{{nil, ""}, {paid, channel.KindPaid}, {fmt.Errorf("close: %w", paid), channel.KindPaid}, {io.EOF, channel.KindUnknown}} {
		if got := channel.KindOf(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
	if got := paid.Error(); got != "wechat: paid (ORDERPAID 该订单已支付): EOF" || !errors.Is(paid, io.EOF) {
		t.Error(got)
	}
}

func TestMethodsBelongToChannels(t *testing.T) {
	for m, want := range map[channel.Method]app.Channel{
		channel.WeChatNative: app.WeChat, channel.AlipayQR: app.Alipay, channel.Cashier: "", "barter": "",
	} {
		if got := m.Channel(); got != want {
			t.Errorf("%s belongs to %q, want %q", m, got, want)
		}
	}
}
