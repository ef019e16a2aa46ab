package wechat

import (
	"encoding/json"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// personal names the fields that identify a payer or can be spent, an address
// at which a bill can be fetched, and those too long to keep.
var personal = channel.NewMasker("openid", "sub_openid", "sp_openid", "auth_code", "phone", "user_received_account",
	"download_url", "payer_client_ip", "device_ip", "ciphertext", "truncated_sign_message")

// redact renders a body for the timeline. What is not JSON, such as a proxy's
// error page, holds nobody's data.
func redact(body []byte) string {
	masked, err := personal.JSON(body)
	if err != nil {
		return string(body)
	}
	return string(masked)
}

func masked(plain string) (json.RawMessage, error) { return personal.JSON([]byte(plain)) }
