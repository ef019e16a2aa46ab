// Package components holds the parts that pages are made of. Each takes a
// small view model or plain values.
package components

// Tone is what a status means to its reader; it decides shape and colour. The
// word always stands beside them.
type Tone string

// The tones.
const (
	Good      Tone = "good"      // succeeded: green, a filled disc with a tick
	Busy      Tone = "busy"      // pending: blue, a half disc
	Attention Tone = "attention" // amber, a triangle
	Bad       Tone = "bad"       // failed: red, a cross
	Quiet     Tone = "quiet"     // closed: grey, a ring
	Plain     Tone = "plain"     // nothing to say: a dot
)

// PaymentTone is the tone of a payment's status.
func PaymentTone(status string) Tone {
	switch status {
	case "succeeded":
		return Good
	case "created", "pending":
		return Busy
	case "in_review":
		return Attention
	case "failed":
		return Bad
	}
	return Quiet
}

// RefundTone is the tone of a refund's status.
func RefundTone(status string) Tone {
	switch status {
	case "succeeded":
		return Good
	case "pending":
		return Busy
	case "awaiting_approval":
		return Attention
	case "failed", "abnormal":
		return Bad
	}
	return Quiet
}

// ApprovalTone is the tone of an approval's status.
func ApprovalTone(status string) Tone {
	switch status {
	case "approved":
		return Good
	case "pending":
		return Attention
	case "rejected":
		return Bad
	}
	return Quiet
}

// DeliveryTone is the tone of a delivery's status.
func DeliveryTone(status string) Tone {
	switch status {
	case "succeeded":
		return Good
	case "pending":
		return Busy
	case "retrying":
		return Attention
	case "dead":
		return Bad
	}
	return Quiet
}

// HealthTone is the tone of an account's or endpoint's health.
func HealthTone(health string) Tone {
	switch health {
	case "healthy":
		return Good
	case "unproven":
		return Busy
	case "expiring", "degraded", "paused":
		return Attention
	case "failing", "expired", "circuit_open", "provider_disabled":
		return Bad
	}
	return Quiet
}

// KeyTone is the tone of an API key's status.
func KeyTone(status string) Tone {
	switch status {
	case "active":
		return Good
	case "expiring":
		return Attention
	}
	return Quiet
}

// CheckTone is the tone of a credential check's outcome.
func CheckTone(status string) Tone {
	switch status {
	case "passed":
		return Good
	case "warning":
		return Attention
	case "failed":
		return Bad
	}
	return Quiet
}

// ResultTone is the tone of a timeline row's result.
func ResultTone(result string) Tone {
	switch result {
	case "ok":
		return Good
	case "unknown", "differs":
		return Attention
	case "refused", "rejected":
		return Bad
	}
	return Quiet
}
