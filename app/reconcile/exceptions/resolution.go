package exceptions

// Resolution is how a person would end an exception.
type Resolution string

// The resolutions.
const (
	// AcceptChannel (以渠道为准): the bill is right, our books follow it.
	AcceptChannel Resolution = "accept_channel"
	// AcceptOurs (以平台为准): our books are right, the difference is to be had from
	// the channel.
	AcceptOurs Resolution = "accept_ours"
	// Refund gives the payer's surplus back.
	Refund Resolution = "refund"
	// WriteOff books the difference, or a part of it, as a loss or a gain; what
	// remains is to be had from the channel.
	WriteOff Resolution = "write_off"
	// Link explains money by a payment of the same merchant and mode.
	Link Resolution = "link"
	// Ignore leaves everything as it is.
	Ignore Resolution = "ignore"
)

// Resolutions lists every resolution.
var Resolutions = []Resolution{AcceptChannel, AcceptOurs, Refund, WriteOff, Link, Ignore}
