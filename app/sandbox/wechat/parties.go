package wechat

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// line is one of the two families of endpoints: a merchant's own, and a service
// provider's (服务商) for the merchants under it. They differ in how they name
// the parties.
type line struct {
	prefix  string
	partner bool
}

func lines() []line {
	return []line{{prefix: "/v3/pay/transactions"}, {prefix: "/v3/pay/partner/transactions", partner: true}}
}

// parties are the fields that name who takes the money, in requests and
// answers.
type parties struct {
	AppID    string `json:"appid,omitempty"`
	MchID    string `json:"mchid,omitempty"`
	SpAppID  string `json:"sp_appid,omitempty"`
	SpMchID  string `json:"sp_mchid,omitempty"`
	SubAppID string `json:"sub_appid,omitempty"`
	SubMchID string `json:"sub_mchid,omitempty"`
}

// queryParties reads the parties of a GET.
func (c *call) queryParties() parties {
	return parties{MchID: c.Query("mchid"), SpMchID: c.Query("sp_mchid"), SubMchID: c.Query("sub_mchid")}
}

// admit demands that the parties are those of the line, and that the one who
// signed may act for them. The sub-merchant is empty on a merchant's own line.
func (g *Gateway) admit(c *call, l line, location string, p parties) (trade.SubMerchant, error) {
	if !l.partner {
		return trade.SubMerchant{}, c.checkMchID(location, "/mchid", p.MchID)
	}
	if err := c.checkMchID(location, "/sp_mchid", p.SpMchID); err != nil {
		return trade.SubMerchant{}, err
	}
	if p.SubMchID == "" {
		return trade.SubMerchant{}, paramError(location, "/sub_mchid", "", missing)
	}
	return g.subMerchant(c, p.SubMchID)
}

// checkApps demands that the apps are bound to the parties. A provider's own
// app may be left out where optional says so.
func (c *call) checkApps(l line, p parties, sub trade.SubMerchant, optional bool) error {
	own := cmp.Or(p.SpAppID, p.AppID)
	if own == "" && !optional {
		return paramError("body", "/appid", "", missing)
	}
	if own == "" {
		own = c.merchant.AppID
	}
	if !c.merchant.HasApp(own) || l.partner && p.SubAppID != "" && p.SubAppID != sub.AppID {
		return appIDMismatch()
	}
	return nil
}

// find finds an order by the merchant's number in the name of the parties.
func (g *Gateway) find(c *call, l line, location string, p parties) (trade.Trade, error) {
	sub, err := g.admit(c, l, location, p)
	if err != nil {
		return trade.Trade{}, err
	}
	return g.byNumber(c, sub)
}

func (g *Gateway) byNumber(c *call, sub trade.SubMerchant) (trade.Trade, error) {
	return found(g.trades.ByNumber(c.UserContext(), cmp.Or(sub.ID, c.merchant.ID), c.number()))
}

// checkMchID demands the field, and that it is the one that signed.
func (c *call) checkMchID(location, field, mchID string) error {
	switch mchID {
	case "":
		return paramError(location, field, "", missing)
	case c.merchant.ID:
		return nil
	}
	return paramError(location, field, mchID, "商户号与Http头Authorization中的mchid不一致")
}

// ordered is what a provider's order keeps besides: the apps it was placed for.
// The trade's own app is the one in which the payer pays.
type ordered struct {
	SpAppID  string `json:"sp_appid"`
	SubAppID string `json:"sub_appid,omitempty"`
}

// partiesOf names the parties of a trade as answers do.
func partiesOf(t trade.Trade) parties {
	if t.ProviderID == "" {
		return parties{AppID: t.AppID, MchID: t.MerchantID}
	}
	o := orderedOf(t)
	return parties{SpAppID: o.SpAppID, SpMchID: t.ProviderID, SubAppID: o.SubAppID, SubMchID: t.MerchantID}
}

func orderedOf(t trade.Trade) ordered {
	var o ordered
	_ = json.Unmarshal([]byte(t.Extra), &o) // this package wrote it
	return o
}

func (o ordered) text() (string, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("keep the apps of an order: %w", err)
	}
	return string(b), nil
}
