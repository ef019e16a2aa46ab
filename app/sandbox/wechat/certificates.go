package wechat

import (
	"net/http"
	"time"

	"github.com/piaohao/piaohao/app"
)

type certificateList struct {
	Data []certificateItem `json:"data"`
}

type certificateItem struct {
	SerialNo  string `json:"serial_no"`
	Effective string `json:"effective_time"`
	Expire    string `json:"expire_time"`
	Encrypted sealed `json:"encrypt_certificate"`
}

// certificates: GET /v3/certificates. A merchant in public-key mode has none.
func (g *Gateway) certificates(c *call) (answer, error) {
	out := certificateList{Data: []certificateItem{}}
	for _, p := range c.merchant.WeChat.Platform {
		encrypted, err := seal(c.merchant.WeChat.APIv3Key, "certificate", []byte(p.Certificate))
		if err != nil {
			return answer{}, err
		}
		out.Data = append(out.Data, certificateItem{
			SerialNo: p.SerialNo, Effective: stamp(p.EffectiveAt), Expire: stamp(p.ExpiresAt), Encrypted: encrypted,
		})
	}
	return answer{status: http.StatusOK, body: out}, nil
}

// stamp writes a time as the channel does: RFC 3339 in UTC+8, whole seconds.
func stamp(m app.Millis) string { return m.Time().In(app.Beijing).Format(time.RFC3339) }
