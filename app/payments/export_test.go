package payments

// The statements that read the books, for the test of their plans.
const (
	PaidIn             = paidIn
	RefundedIn         = refundedIn
	AttemptsByID       = attemptsByID
	AttemptsByTrade    = attemptsByTrade
	RefundsByNumber    = refundsByNumber
	RefundsByID        = refundsByID
	RefundsByChannelNo = refundsByChannelNo
)
