package alipay

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// billLife is how long a bill's address is good for.
const billLife = 30 * time.Second

// billFile is one file of a day, as its address names it.
type billFile struct {
	AppID   string     `json:"app"`
	SubID   string     `json:"sub,omitempty"`
	Type    string     `json:"type"`
	Day     app.Day    `json:"day"`
	At      app.Millis `json:"at"`
	Expires app.Millis `json:"exp"`
}

// token is the file's name that only this gateway can make.
func (f billFile) token(m trade.Merchant) string {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // texts and numbers
	}
	return encode(body) + "." + encode(seal256(m, body))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// seal256 is keyed by the channel's private key, which no client has.
func seal256(m trade.Merchant, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte("bill "+m.Alipay.AlipayPrivateKey))
	mac.Write(body)
	return mac.Sum(nil)
}

// readToken returns the file of a token that this gateway made. Any other, and
// one whose time is over, is NotFound.
func (g *Gateway) readToken(ctx context.Context, token string) (billFile, error) {
	var f billFile
	first, second, _ := strings.Cut(token, ".")
	body, err := base64.RawURLEncoding.DecodeString(first)
	if err == nil {
		err = json.Unmarshal(body, &f)
	}
	seal, sealErr := base64.RawURLEncoding.DecodeString(second)
	if err != nil || sealErr != nil {
		return billFile{}, app.Errorf(app.NotFound, "the address of a bill is not one of ours: %w", cmp.Or(err, sealErr))
	}
	m, err := g.trades.Merchant(ctx, app.Alipay, f.AppID)
	if err != nil {
		return billFile{}, err
	}
	if !hmac.Equal(seal, seal256(m, body)) || app.ToMillis(g.trades.Now()) > f.Expires {
		return billFile{}, app.Errorf(app.NotFound, "the address of a bill is not one of ours, or no longer")
	}
	return f, nil
}
