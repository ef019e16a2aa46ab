package trade

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// BillFault is something wrong with one day's bill.
type BillFault string

// The faults of bills. Those of rows are what the channel believes, so the
// trades' bill and the funds' agree on them and later balances follow; the
// others concern one file.
const (
	MissingRow      BillFault = "missing_row"       // the channel does not know the payment or refund
	ExtraRow        BillFault = "extra_row"         // it knows one that nobody here made
	WrongAmount     BillFault = "amount"            // its amount is another
	WrongFee        BillFault = "fee"               // it takes another fee
	WrongRate       BillFault = "rate"              // it charges another rate, and the fee that follows
	WrongStatus     BillFault = "status"            // it has come to another end
	DuplicateRow    BillFault = "duplicate"         // it is there twice
	WrongSummary    BillFault = "wrong_summary"     // the trades' bill does not add up
	WrongHash       BillFault = "wrong_hash"        // the trades' bill was altered on its way
	TruncatedBill   BillFault = "truncated"         // the trades' bill breaks off within a row
	WrongAccount    BillFault = "wrong_account"     // the trades' bill is another merchant's
	WrongDay        BillFault = "wrong_day"         // the trades' bill is of the day before
	NotReady        BillFault = "not_ready"         // no bill is ready yet
	FundsMissingRow BillFault = "funds_missing_row" // the funds' bill lacks a movement
	FundsAmount     BillFault = "funds_amount"      // a movement's amount does not fit its balance
)

// BillFaults lists every fault of bills.
func BillFaults() []BillFault {
	return []BillFault{
		MissingRow, ExtraRow, WrongAmount, WrongFee, WrongRate, WrongStatus, DuplicateRow, WrongSummary,
		WrongHash, TruncatedBill, WrongAccount, WrongDay, NotReady, FundsMissingRow, FundsAmount,
	}
}

// BillFaultsOf lists what can be wrong with the channel's bills: Alipay's have
// no column for a state.
func BillFaultsOf(channel app.Channel) []BillFault {
	faults := BillFaults()
	if channel == app.Alipay {
		return slices.DeleteFunc(faults, func(f BillFault) bool { return f == WrongStatus })
	}
	return faults
}

// OfRows reports whether the fault concerns rows, which Count counts and Number
// names; the others concern a file.
func (f BillFault) OfRows() bool {
	switch f {
	case MissingRow, ExtraRow, WrongAmount, WrongFee, WrongRate, WrongStatus, DuplicateRow, FundsMissingRow, FundsAmount:
		return true
	}
	return false
}

// HasDelta reports whether the fault changes a figure, by BillPlan.Delta.
func (f BillFault) HasDelta() bool {
	switch f {
	case ExtraRow, WrongAmount, WrongFee, WrongRate, WrongSummary, FundsAmount:
		return true
	}
	return false
}

// BillPlan is a fault of one day's bill. It stands until it is cancelled: the
// same rows are wrong at every download.
type BillPlan struct {
	ID      string      `db:"id" json:"id"`
	Channel app.Channel `db:"channel" json:"channel"`
	// Account is whose bill it is: a mchid, sub_mchid, app_id or auth_app_id.
	Account string    `db:"account" json:"account"`
	Day     app.Day   `db:"bill_day" json:"day"`
	Fault   BillFault `db:"fault" json:"fault"`
	// Count is how many rows are wrong, and how many requests find no bill ready.
	Count int64 `db:"wanted" json:"count"`
	// Number picks one row by its order's or refund's number, the merchant's or
	// the channel's. Without it the day's first payments are picked that no other
	// fault has. An extra row bears it as the merchant's order number.
	Number string `db:"number" json:"number"`
	// Delta is by how much a figure is wrong, in fen (a rate's in millionths), and
	// an extra row's amount.
	Delta int64 `db:"delta" json:"delta"`
	// Picked are the rows, once a bill was made.
	Picked picks `db:"picked" json:"picked"`
	// Used is how many requests found no bill ready; of rows, 1 once all of the
	// day's are known.
	Used      int64      `db:"used" json:"-"`
	Effect    app.Money  `db:"effect" json:"-"` // on the balance, for the days that follow
	CreatedAt app.Millis `db:"created_at" json:"-"`
}

const (
	billFaultRows = 1000    // at most, of one plan
	rateDelta     = 1000    // a tenth of a percent, in millionths
	maxRateDelta  = 500_000 // half
)

// PlanBillFault plans what will be wrong with a day's bill. What the channel's
// bills cannot show is Invalid.
func (s *Service) PlanBillFault(ctx context.Context, p BillPlan) (BillPlan, error) {
	if p.Count == 0 {
		p.Count = 1
	}
	if err := checkBillPlan(p); err != nil {
		return BillPlan{}, err
	}
	if err := s.checkBillAccount(ctx, p.Channel, p.Account); err != nil {
		return BillPlan{}, err
	}
	now := s.clock.Now()
	p.ID, p.CreatedAt, p.Picked, p.Used, p.Effect = app.NewID("bft_", now), app.ToMillis(now), picks{}, 0, 0
	if err := insertBillFault(ctx, s.db, p); err != nil {
		return BillPlan{}, fmt.Errorf("plan %s for the bill of %s: %w", p.Fault, p.Day, err)
	}
	return p, nil
}

// checkBillAccount demands that the account has bills: a merchant, or one under
// a provider.
func (s *Service) checkBillAccount(ctx context.Context, channel app.Channel, account string) error {
	if account == "" {
		return app.InvalidField("account", "required", "whose bill: want a mchid, sub_mchid, app_id or auth_app_id")
	}
	_, err := s.BillQueryOf(ctx, channel, account, "")
	return err
}

func checkBillPlan(p BillPlan) error {
	switch {
	case !p.Channel.Valid():
		return app.InvalidField("channel", "unknown", "channel %q: want wechat or alipay", p.Channel)
	case !slices.Contains(BillFaults(), p.Fault):
		return app.InvalidField("fault", "unknown", "fault %q: want one of %s", p.Fault, joinBillFaults(BillFaults()))
	case !slices.Contains(BillFaultsOf(p.Channel), p.Fault):
		return app.InvalidField("fault", "unsupported", "the bills of %s cannot show %s; they can show %s", p.Channel, p.Fault, joinBillFaults(BillFaultsOf(p.Channel)))
	}
	if _, err := app.ParseDay(string(p.Day)); err != nil {
		return app.InvalidField("day", "malformed", "day %q: want one such as 2026-11-24", p.Day)
	}
	if err := checkBillRows(p); err != nil {
		return err
	}
	return checkDelta(p)
}

// checkBillRows checks how many rows, and which.
func checkBillRows(p BillPlan) error {
	most := int64(1)
	switch {
	case p.Number != "":
	case p.Fault == NotReady:
		most = maxPlanned
	case p.Fault.OfRows():
		most = billFaultRows
	}
	switch {
	case p.Number != "" && !p.Fault.OfRows():
		return app.InvalidField("number", "unsupported", "%s concerns a whole file: leave number out", p.Fault)
	case len(p.Number) > 64 || foreign(p.Number) || strings.ContainsAny(p.Number, "`,\t\r\n\" "):
		return app.InvalidField("number", "malformed", "number %q: want an order's or a refund's, at most 64 letters and digits", p.Number)
	case p.Count < 1 || p.Count > most:
		return app.InvalidField("count", "out_of_range", "count %d: want 1 to %d", p.Count, most)
	}
	return nil
}

func checkDelta(p BillPlan) error {
	most := int64(app.MaxAmount)
	if p.Fault == WrongRate {
		most = maxRateDelta
	}
	switch {
	case p.Delta == 0:
		return nil
	case !p.Fault.HasDelta():
		return app.InvalidField("delta", "unsupported", "%s changes no figure: leave delta out", p.Fault)
	case p.Delta < -most || p.Delta > most:
		return app.InvalidField("delta", "out_of_range", "delta %d: want %d to %d", p.Delta, -most, most)
	case p.Fault == ExtraRow && p.Delta < 1:
		return app.InvalidField("delta", "out_of_range", "delta is an extra row's amount in fen: want at least 1, not %d", p.Delta)
	}
	return nil
}

func joinBillFaults(faults []BillFault) string {
	words := make([]string, len(faults))
	for i, f := range faults {
		words[i] = string(f)
	}
	return strings.Join(words, ", ")
}

// BillPlans lists the faults planned for bills, oldest first: those of one
// account's day, or all when both are empty.
func (s *Service) BillPlans(ctx context.Context, account string, day app.Day) ([]BillPlan, error) {
	return selectBillFaults(ctx, s.db, account, day)
}

// CancelBillFault withdraws one, or is NotFound. Bills are then made without it.
func (s *Service) CancelBillFault(ctx context.Context, id string) error {
	n, err := deleteBillFault(ctx, s.db, id)
	if err == nil && n == 0 {
		return app.Errorf(app.NotFound, "no fault %q is planned for a bill", id)
	}
	return err
}

// CancelBillFaults withdraws those of an account's day, or all when both are
// empty, and returns how many there were.
func (s *Service) CancelBillFaults(ctx context.Context, account string, day app.Day) (int64, error) {
	return deleteBillFaults(ctx, s.db, account, day)
}
