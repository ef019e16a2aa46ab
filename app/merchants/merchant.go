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
	Active Status = "active"
	// Suspended merchants' API keys are refused. What was begun goes on: channels'
	// notifications, queries, refunds under way and in the console, deliveries.
	Suspended Status = "suspended"
)

// Merchant is a tenant.
type Merchant struct {
	ID       string // mch_…
	Name     string
	Status   Status
	Settings Settings
	// SuspendedReason and SuspendedAt tell why and since when; zero while active.
	SuspendedReason string
	SuspendedAt     app.Millis
	CreatedAt       app.Millis
	UpdatedAt       app.Millis
}
