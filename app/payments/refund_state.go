package payments

import "slices"

// RefundStatus is the state of a refund.
type RefundStatus string

// The states of design §4.
const (
	RefundAwaiting  RefundStatus = "awaiting_approval" // a second person decides; nothing was sent
	RefundPending   RefundStatus = "pending"           // durable; to be sent, or sent and not arrived
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"   // refused for certain, or closed by the channel
	RefundAbnormal  RefundStatus = "abnormal" // the money is on its way nowhere: a person acts at the channel
	RefundRejected  RefundStatus = "rejected" // the second person said no, or the first took it back
)

// RefundStatuses lists every state of a refund.
var RefundStatuses = []RefundStatus{RefundAwaiting, RefundPending, RefundSucceeded, RefundFailed, RefundAbnormal, RefundRejected}

// refundEdges are the moves a refund may make. Nothing leads away from
// RefundSucceeded, RefundFailed and RefundRejected.
var refundEdges = map[RefundStatus][]RefundStatus{
	RefundAwaiting: {RefundPending, RefundRejected},
	RefundPending:  {RefundSucceeded, RefundFailed, RefundAbnormal},
	RefundAbnormal: {RefundSucceeded, RefundFailed},
}

// CanRefundMove reports whether a refund may go from one state to the other.
func CanRefundMove(from, to RefundStatus) bool { return slices.Contains(refundEdges[from], to) }

// Final reports whether nothing changes any more.
func (s RefundStatus) Final() bool { return len(refundEdges[s]) == 0 }

// Valid reports whether s is a state.
func (s RefundStatus) Valid() bool { return slices.Contains(RefundStatuses, s) }
