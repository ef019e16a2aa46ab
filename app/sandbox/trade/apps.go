package trade

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/piaohao/piaohao/app"
)

// AppKind is what kind of app takes payments for a WeChat merchant.
type AppKind string

// The kinds, worded as the platform's accounts word them.
const (
	OfficialAccount AppKind = "official"
	MiniProgram     AppKind = "mini"
	MobileApp       AppKind = "app"
)

// App is an AppID bound to a mchid.
type App struct {
	AppID string  `json:"appid"`
	Kind  AppKind `json:"kind"`
}

// Apps lists what may take payments for the merchant: a WeChat merchant's
// official account first, then its mini-program and its mobile app, whose ids
// follow from the mchid; an Alipay app is one.
func (m Merchant) Apps() []App {
	if m.Channel == app.Alipay {
		return []App{{AppID: m.AppID, Kind: MobileApp}}
	}
	return []App{{m.AppID, OfficialAccount}, {boundApp(m.ID, MiniProgram), MiniProgram}, {boundApp(m.ID, MobileApp), MobileApp}}
}

func boundApp(mchID string, kind AppKind) string {
	sum := sha256.Sum256([]byte("the " + string(kind) + " of " + mchID))
	return "wx" + hex.EncodeToString(sum[:8])
}

// HasApp reports whether the AppID is bound to the merchant.
func (m Merchant) HasApp(appID string) bool {
	for _, a := range m.Apps() {
		if a.AppID == appID {
			return true
		}
	}
	return false
}
