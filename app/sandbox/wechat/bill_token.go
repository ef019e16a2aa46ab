package wechat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// billURLLife is how long a bill's address works.
const billURLLife = 5 * time.Minute

// billRequest is a file that was asked for, and what its token carries.
type billRequest struct {
	File     string     `json:"f"`
	Type     string     `json:"t"`
	MchID    string     `json:"m"`
	SubMchID string     `json:"s,omitempty"`
	Day      app.Day    `json:"d"`
	GZIP     bool       `json:"g,omitempty"`
	At       app.Millis `json:"a"` // when it was written
	Expires  int64      `json:"e"` // Unix seconds
}

// token is the request under a key that the merchant does not have: nobody but
// the channel makes one.
func (r billRequest) token(m trade.Merchant) (string, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("name a bill: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(stampOf(m, b), b...)), nil
}

// stampOf authenticates what a token carries.
func stampOf(m trade.Merchant, carried []byte) []byte {
	h := hmac.New(sha256.New, []byte(m.WeChat.PublicKeyPrivate))
	h.Write(carried)
	return h.Sum(nil)
}

// readToken reads what a token carries: INVALID_REQUEST when it is not ours or
// too old, NO_AUTH when it is another merchant's.
func (g *Gateway) readToken(c *call) (billRequest, error) {
	var r billRequest
	raw, err := base64.RawURLEncoding.DecodeString(strings.Clone(c.Query("token")))
	if err != nil || len(raw) < sha256.Size || json.Unmarshal(raw[sha256.Size:], &r) != nil {
		return r, badToken()
	}
	owner := c.merchant
	if r.MchID != owner.ID {
		if owner, err = g.trades.Merchant(c.UserContext(), app.WeChat, r.MchID); err != nil {
			return r, badToken()
		}
	}
	switch {
	case !hmac.Equal(stampOf(owner, raw[sha256.Size:]), raw[:sha256.Size]):
		return r, badToken()
	case r.MchID != c.merchant.ID:
		return r, noAuth("当前商户与申请账单的商户不一致")
	case g.trades.Now().Unix() > r.Expires:
		return r, invalidRequest("账单下载地址已过期，请重新申请")
	}
	return r, nil
}

func badToken() *failure { return invalidRequest("token无效，请重新申请账单下载地址") }
