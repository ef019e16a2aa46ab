package alipay

import (
	"encoding/json"
	"slices"

	"github.com/piaohao/piaohao/app/payments/channel"
)

var _ channel.SubInspector = (*Driver)(nil)

// InspectSub reads a merchant's authorisation of a provider's app. The identity
// is the merchant's own PID; the app is the provider's, in which its trades are
// made.
func (d *Driver) InspectSub(provider, credentials json.RawMessage) channel.Report {
	e := &examination{now: d.clock.Now(), report: channel.Report{Facts: map[string]string{}}}
	partner, _ := partnerOf(credentials) // without a token the check says so
	e.partner(partner)
	_, own := examine(provider, e.now)
	e.report.ExpiresAt = own.ExpiresAt
	if app := own.Facts["app_id"]; app != "" {
		e.report.Facts["app_id"] = app
	}
	e.report.Checks = slices.Concat(e.report.Checks, failures(own))
	return e.report
}

// failures are what is wrong with the provider's own credentials: nothing under
// it works until that is mended.
func failures(r channel.Report) []channel.Check {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c channel.Check) bool { return c.Status != channel.CheckFailed })
}
