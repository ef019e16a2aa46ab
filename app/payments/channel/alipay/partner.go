package alipay

import (
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// PartnerCredentials is the JSON of an account under a service provider (服务商):
// what a merchant's authorisation gave the provider's app. The provider's own
// Credentials come apart.
type PartnerCredentials struct {
	AppAuthToken string `json:"app_auth_token"`
	SellerID     string `json:"seller_id"` // the merchant's PID
	// AuthAppID is the merchant's own app, where the authorisation named it.
	AuthAppID string `json:"auth_app_id,omitempty"`
}

// partnerOf reads credentials as a partner's. They are one's when they have an
// app_auth_token, even a blank one where there is no key of an app's own. With a
// token a key is never used: the money would be the key's owner's.
func partnerOf(raw json.RawMessage) (PartnerCredentials, bool) {
	var given struct {
		AppAuthToken  *string `json:"app_auth_token"`
		AppPrivateKey string  `json:"app_private_key"`
	}
	var c PartnerCredentials
	if json.Unmarshal(raw, &given) != nil || given.AppAuthToken == nil || json.Unmarshal(raw, &c) != nil {
		return PartnerCredentials{}, false
	}
	for _, field := range []*string{&c.AppAuthToken, &c.SellerID, &c.AuthAppID} {
		*field = strings.TrimSpace(*field)
	}
	return c, c.AppAuthToken != "" || given.AppPrivateKey == ""
}

// partner checks the authorisation of a merchant under a provider.
func (e *examination) partner(c PartnerCredentials) {
	const token, authApp = "app_auth_token", "auth_app_id"
	switch {
	case c.AppAuthToken == "":
		e.fail(codeTokenMissing, token)
	case len(c.AppAuthToken) > 128 || strings.ContainsAny(c.AppAuthToken, " \t\r\n&="):
		e.fail(codeTokenMalformed, token)
	default:
		e.pass(codeTokenOK, token)
	}
	if c.AuthAppID != "" {
		if isNumber(c.AuthAppID) {
			e.report.Facts[authApp] = c.AuthAppID
		} else {
			e.fail(codeAppIDMalformed, authApp)
		}
	}
	e.credentials.SellerID = c.SellerID
	e.seller()
}

// openPartner builds a client of the provider's app that acts for a merchant.
func (d *Driver) openPartner(account channel.Account) (channel.Client, error) {
	partner, ok := partnerOf(account.Credentials)
	if !ok {
		return nil, configError(codeTokenMissing, nil)
	}
	if bad, found := blocking(d.Inspect(account.Credentials)); found {
		return nil, configError(bad.Code, nil)
	}
	keys, report := examine(account.Provider, d.clock.Now())
	if bad, found := blocking(report); found {
		return nil, configError(bad.Code, nil)
	}
	c, err := d.newClient(account.Gateway, keys)
	if err != nil {
		return nil, err
	}
	c.partner, c.sellerID = partner, partner.SellerID
	return c, nil
}
