package channel

import (
	"context"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Trial is a test order of one fen, by which somebody who sets an account up sees
// that its app may take payments.
type Trial struct {
	Channel   app.Channel
	Number    string
	AppID     string
	NotifyURL string
	Now       time.Time // the machine's: the SDKs date by it too
}

// trialLife is how long a test order lives that could not be closed: two minutes
// are the least that both channels take.
const trialLife = 5 * time.Minute

// Try places the order by a code that nobody is shown, and closes it again. placed
// says how far it came when there is an error. At a channel where an order begins
// with its payer, there is nothing to close, which is as good.
func Try(ctx context.Context, c Client, t Trial) (placed bool, err error) {
	r := PayRequest{
		Number: t.Number, AppID: t.AppID, Method: WeChatNative, Amount: 1, Currency: app.CNY, Subject: "Test order, closed at once",
		NotifyURL: t.NotifyURL, ExpiresAt: t.Now.Add(trialLife),
	}
	if t.Channel == app.Alipay {
		r.Method = AlipayQR
	}
	if _, err := c.Pay(ctx, r); err != nil {
		return false, err
	}
	switch err := c.Close(ctx, t.Number); KindOf(err) {
	case KindNotExist, KindClosed:
		return true, nil
	default:
		return true, err
	}
}
