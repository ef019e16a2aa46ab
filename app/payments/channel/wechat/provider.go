package wechat

import (
	"encoding/json"
	"slices"

	"github.com/piaohao/piaohao/app/payments/channel"
)

var _ channel.SubInspector = (*Driver)(nil)

// InspectSub reads what names a merchant under a provider. The identity is the
// provider's mchid, the sub-identity the merchant's sub_mchid.
func (d *Driver) InspectSub(provider, credentials json.RawMessage) channel.Report {
	_, report := examineSub(credentials)
	_, own := examine(provider, d.clock.Now())
	report.Identity, report.ExpiresAt = own.Identity, own.ExpiresAt
	// Nothing under a provider works until its own credentials are mended.
	report.Checks = slices.Concat(report.Checks, slices.DeleteFunc(slices.Clone(own.Checks), func(c channel.Check) bool {
		return c.Status != channel.CheckFailed
	}))
	return report
}
