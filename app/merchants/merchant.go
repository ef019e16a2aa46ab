// Package merchants knows the tenants of the platform: who they are, by which
// API keys they call it, and through which accounts at the channels they are
// paid. Channel credentials rest sealed and are opened on demand.
package merchants

import (
	"github.com/piaohao/piaohao/app"
)

// Status says whether a merchant may use the platform.
type Status string

// The states of a merchant.
const (
	Active    Status = "active"
	Suspended Status = "suspended" // its API keys are refused
)

// Merchant is a tenant.
type Merchant struct {
	ID        string // mch_…
	Name      string
	Status    Status
	Settings  Settings
	CreatedAt app.Millis
	UpdatedAt app.Millis
}
