// Package exceptions keeps what comparing a bill with our books could not
// explain (差错): each with both sides' evidence, worked by people to an end that
// a second person approves, with a history that only grows.
package exceptions

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// Scope is whose exceptions of which mode a call may see.
type Scope = payments.Scope

// Type is what differs.
type Type string

// The types: the classes of match that are exceptions, and what a whole file
// can show.
const (
	MissingAtChannel = Type(match.MissingAtChannel) // 渠道漏单
	MissingHere      = Type(match.MissingHere)      // 平台漏单
	AmountDiffers    = Type(match.AmountDiffers)    // 金额不符
	StateDiffers     = Type(match.StateDiffers)     // 状态不符
	FeeDiffers       = Type(match.FeeDiffers)       // 手续费不符
	Duplicate        = Type(match.Duplicate)        // 重复
	Foreign          = Type(match.Foreign)          // 非本平台交易
	Summary          = Type("summary")              // 文件汇总不符: the file's own sums are not its rows'
	Funds            = Type("funds")                // 资金不符: the balance moved otherwise than the trades say
	Balance          = Type("balance")              // 余额不符: opening and movements do not make closing
)

// Types lists every type.
var Types = []Type{MissingAtChannel, MissingHere, AmountDiffers, StateDiffers, FeeDiffers, Duplicate, Foreign, Summary, Funds, Balance}

// Status is where an exception stands.
type Status string

// The statuses: open → proposed → resolved, or back to open when the proposal is
// rejected, withdrawn or cannot be carried out. Cleared is what a later execution
// no longer finds.
const (
	Open     Status = "open"
	Proposed Status = "proposed" // a second person is to decide
	Resolved Status = "resolved"
	Cleared  Status = "cleared" // by the system
)

// Statuses lists every status.
var Statuses = []Status{Open, Proposed, Resolved, Cleared}

// Standing reports whether somebody still has to do something.
func (s Status) Standing() bool { return s == Open || s == Proposed }

// Evidence is what each side says; either may be absent.
type Evidence struct {
	Line   *match.Line   `json:"line,omitempty"`   // of the bill, with its row in the file
	Record *match.Record `json:"record,omitempty"` // of our books
	// Extra are further facts by name, such as a file's stated and summed totals.
	Extra map[string]string `json:"extra,omitempty"`
}

// Finding is one difference as a run saw it.
type Finding struct {
	// Key names the object, as match.Item.Key does; for a whole file what of it,
	// such as "summary:amount". Identity, day, type and key make an exception.
	Key  string
	Type Type
	Kind channel.LineKind // "" for a whole file's
	// Day is the bill's that it belongs to; of what was carried over and found in
	// no bill, the day it was first looked for. "" is the run's.
	Day       app.Day
	AccountID string // "" where no account can be told
	Number    string // ours, as the channel knows it; of what is not ours, the channel's word for it
	ChannelNo string
	PaymentID string
	RefundID  string
	// Ours and Channel are the amounts as each side has them: of payments and
	// refunds as asked for, of fees as taken, never negative. 0 when absent.
	Ours, Channel app.Money
	// Difference is ours less the channel's, in the sense of money that the
	// merchant should have: negative when the merchant has more than the books
	// say (长款), positive when it has less (短款). A payment or fee given back
	// that only the channel has is negative; a refund or a fee that only the
	// channel has is positive.
	Difference app.Money
	Evidence   Evidence
}

// RunRef names the run that files.
type RunRef struct {
	ID          string // run_…
	MerchantID  string
	Mode        app.Mode
	IdentityID  string // sid_…
	Channel     app.Channel
	Identity    string
	SubIdentity string
	Day         app.Day
}

// Exception is one difference and what became of it. Amounts are in fen.
type Exception struct {
	ID          string // exc_…
	MerchantID  string
	Mode        app.Mode
	IdentityID  string
	Channel     app.Channel
	Identity    string
	SubIdentity string
	AccountID   string // "" where none can be told
	RunID       string // whose executions may clear it
	Day         app.Day
	Type        Type
	Kind        channel.LineKind
	Key         string
	Number      string // see Finding
	OrderNo     string // the merchant's, "" without a payment
	ChannelNo   string
	PaymentID   string
	RefundID    string
	Ours        app.Money // see Finding
	Theirs      app.Money // the channel's
	Difference  app.Money // see Finding
	Evidence    Evidence  // empty in lists

	Status    Status
	OwnerID   string // usr_… or ""
	OwnerName string
	Note      string // the newest comment

	// What is proposed, or was decided; empty while open.
	Resolution Resolution
	Amount     app.Money // of a write-off or refund, positive; 0 otherwise
	LinkedID   string    // the payment that explains it
	Reason     string
	ProposedBy approvals.Person
	ProposedAt app.Millis
	ApprovalID string // of this proposal, or of its batch
	BatchID    string // "" unless it came from a spreadsheet
	// GivenBackID is the refund that the resolution made.
	GivenBackID string
	// ClearedBy is the run that no longer found it, or found it in a later bill.
	ClearedBy string

	OpenedAt  app.Millis // when it was filed
	CheckedAt app.Millis // when a run last looked for it
	ClosedAt  app.Millis // resolved or cleared; 0 otherwise
	Version   int64      // grows with every change but CheckedAt
}

// Surplus reports whether the merchant has more than its books say (长款).
func (e Exception) Surplus() bool { return e.Difference < 0 }
