package alipay

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
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

// errToken is what is no address of a bill.
func errToken(cause error) error {
	return app.Errorf(app.NotFound, "the address of a bill is not one of ours, or no longer: %w", cause)
}

// readToken returns the file of a token that this gateway made. Any other, and
// one whose time is over, is NotFound.
func (g *Gateway) readToken(ctx context.Context, token string) (billFile, error) {
	f, body, seal, err := splitToken(token)
	if err != nil {
		return billFile{}, errToken(err)
	}
	m, err := g.trades.Merchant(ctx, app.Alipay, f.AppID)
	switch {
	case err != nil:
		return billFile{}, err
	case !hmac.Equal(seal, seal256(m, body)):
		return billFile{}, errToken(errors.New("the seal does not fit"))
	case app.ToMillis(g.trades.Now()) > f.Expires:
		return billFile{}, errToken(errors.New("its time is over"))
	}
	return f, nil
}

// splitToken reads a token without believing it.
func splitToken(token string) (f billFile, body, seal []byte, err error) {
	first, second, _ := strings.Cut(token, ".")
	if body, err = base64.RawURLEncoding.DecodeString(first); err != nil {
		return billFile{}, nil, nil, err
	}
	if seal, err = base64.RawURLEncoding.DecodeString(second); err != nil {
		return billFile{}, nil, nil, err
	}
	return f, body, seal, json.Unmarshal(body, &f)
}
