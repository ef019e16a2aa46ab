package channel

import (
	"fmt"
	"io"
	"time"

	"github.com/piaohao/piaohao/app"
)

// BillReader is a Driver that reads its channel's bills. Both methods stream in
// bounded memory, find columns by name, tolerate columns they do not know, and
// yield the lines in the file's order; the line is reused, so copy what is kept
// (its strings stay valid). A broken, foreign or misdated file is a *BillError
// with its line and reason, and then nothing that was yielded may be believed;
// an error of yield or of Bytes is returned as it is.
type BillReader interface {
	ReadTrades(s BillSource, yield func(*BillLine) error) (BillTotals, error)
	ReadFunds(s BillSource, yield func(*FundLine) error) (FundTotals, error)
}

// MaxBill is how long a bill may be when it is unpacked, unless its source says
// otherwise: some twenty million lines.
const MaxBill = 8 << 30

// BillSource is an original file and whose and which day's it must be.
type BillSource struct {
	Bytes       io.ReaderAt
	Size        int64
	Format      BillFormat
	Day         app.Day
	Identity    string // mchid or PID
	SubIdentity string // sub_mchid, or ""
	// MaxUnpacked bounds the unpacked text in bytes; 0 means MaxBill.
	MaxUnpacked int64
}

// BillError says where a file is broken. Codes are stable and have translated
// sentences; Line counts in the unpacked text from 1, 0 for the whole file.
type BillError struct {
	Line   int
	Code   string // one of BillErrorCodes
	Detail string // what was found, such as the column's name
}

// Error describes it for logs.
func (e *BillError) Error() string {
	return fmt.Sprintf("line %d of the bill: %s: %s", e.Line, e.Code, e.Detail)
}

// The codes of a BillError.
const (
	BillPacking        = "packing"         // not a gzip or zip, a wrong checksum, or other entries than a bill's
	BillTruncated      = "truncated"       // the packed bytes end too early
	BillEncoding       = "encoding"        // not UTF-8 (WeChat) or GB18030 (Alipay)
	BillTooLarge       = "too_large"       // longer than MaxUnpacked
	BillLineTooLong    = "line_too_long"   // no end of line within 64 KiB
	BillHeading        = "heading"         // not the kind of file that was asked for
	BillNotOurs        = "not_ours"        // of another mchid, sub_mchid or PID
	BillWrongDay       = "wrong_day"       // of another day
	BillColumnMissing  = "column_missing"  // Detail names it
	BillColumnRepeated = "column_repeated" // Detail names it
	BillColumns        = "columns"         // a line with more or fewer cells than columns
	BillAmount         = "amount"          // Detail names the column and the cell
	BillTime           = "time"            // Detail names the column and the cell
	BillState          = "state"           // a state or type we do not know
	BillNumber         = "number"          // no order number
	BillSummaryMissing = "summary_missing" // the text ends without its summary lines
	BillSummary        = "summary"         // a summary that cannot be read
	BillAfterSummary   = "after_summary"   // lines behind the end
)

// BillErrorCodes lists every code of a BillError.
var BillErrorCodes = []string{
	BillPacking, BillTruncated, BillEncoding, BillTooLarge, BillLineTooLong, BillHeading, BillNotOurs, BillWrongDay,
	BillColumnMissing, BillColumnRepeated, BillColumns, BillAmount, BillTime, BillState, BillNumber,
	BillSummaryMissing, BillSummary, BillAfterSummary,
}

// LineKind tells payments from refunds.
type LineKind string

// The kinds of a line.
const (
	LinePayment LineKind = "payment"
	LineRefund  LineKind = "refund"
)

// BillLine is one row of a trades bill. Amounts are in fen and never negative:
// a refund's Amount is what went back.
type BillLine struct {
	Row  int // line of the unpacked text, from 1
	Kind LineKind
	// At is the row's time: of success for payments, of acceptance for WeChat's
	// refunds and of completion for Alipay's.
	At             time.Time
	AppID          string // "" where the channel does not say
	Number         string // the order's number as we sent it: an attempt's id, if it is ours
	ChannelTradeNo string
	// RefundNumber is the refund's number as we sent it, or the channel console's
	// own. It is "" for a payment-code order that was reversed after it was paid
	// (RawState REVOKED): the order's own payment line stands in the same bill or
	// an earlier one, and the reversal is a refund of all of it that has no number
	// of ours. Match it by Number.
	RefundNumber string
	// ChannelRefundNo is the channel's own number of the refund, "" at Alipay.
	ChannelRefundNo string
	TradeType       string // the channel's own word, such as NATIVE
	RawState        string // the channel's own word: SUCCESS, REFUND, REVOKED, 交易, 退款
	// RefundState is "" for payments. WeChat's is as of when the bill was made, and
	// never updated; Alipay lists what has succeeded.
	RefundState RefundState
	Subject     string
	Amount      app.Money // the order's amount, or what was asked to go back
	// Settlement is the part that counts for the merchant before fees: less
	// coupons the channel does not settle.
	Settlement app.Money
	// Fee is what the channel takes for a payment, and gives back of it for a
	// refund: both positive. It is negative only where the file's sign is the
	// other way round.
	Fee     app.Millifen
	Rate    app.Rate // the rate as written
	HasRate bool     // false where the bill has no such column (Alipay) or the cell is blank
}

// FundKind is what moved a balance.
type FundKind string

// The kinds. Whatever is not a trade's is FundOther, such as a withdrawal.
const (
	FundPayment FundKind = "payment"
	FundRefund  FundKind = "refund"
	FundFee     FundKind = "fee" // taken for a payment, or given back with a refund
	FundOther   FundKind = "other"
)

// FundLine is one movement of the balance, in fen, in the file's order: WeChat's
// oldest first, Alipay's often newest first. Amount is signed: money in is
// positive.
type FundLine struct {
	Row        int
	At         time.Time
	FlowNo     string // the channel's number of the movement
	BusinessNo string // of what moved it: the channel's trade or refund number
	Number     string // our own number, where the channel says it
	Voucher    string // WeChat's 业务凭证号, "" at Alipay
	Kind       FundKind
	RawKind    string // the channel's own words
	Amount     app.Money
	Balance    app.Money // afterwards
	Note       string
}

// BillViewer is a BillReader that shows people what it reads.
type BillViewer interface {
	BillReader
	// BillText returns the unpacked text of the file that ReadTrades or ReadFunds
	// reads, in UTF-8, with the lines that BillLine.Row and BillError.Line count. It
	// holds nobody's file against anything; what is no text of the channel's
	// encoding is shown as U+FFFD. Errors as the readers'.
	BillText(s BillSource) (io.ReadCloser, error)
}
