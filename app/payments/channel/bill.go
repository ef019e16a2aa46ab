package channel

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/piaohao/piaohao/app"
)

// BillKind is one of a channel's daily files.
type BillKind string

// The kinds: every payment and refund of the day, and every movement of the
// merchant's balance.
const (
	BillTrades BillKind = "trades"
	BillFunds  BillKind = "funds"
)

// BillRequest names one file of the client's settlement identity.
type BillRequest struct {
	Kind BillKind
	Day  app.Day
}

// BillFormat is how a file's bytes are packed, as they came from the channel.
type BillFormat string

// The formats. Originals are kept and read as they came.
const (
	BillPlain BillFormat = "csv"
	BillGzip  BillFormat = "csv.gz"
	BillZip   BillFormat = "zip"
)

// BillFile is what came of a request.
type BillFile struct {
	Name     string // for people, such as "wechat_1600000001_20261124_trades.csv.gz"
	Format   BillFormat
	Size     int64  // of the original's bytes
	HashType string // "SHA1" over the unpacked bytes at WeChat, "" at Alipay
	Hash     string // as the channel announced it, lower-case hex; "" at Alipay
}

// BillDownloader is a Client whose channel publishes bills.
type BillDownloader interface {
	// DownloadBill writes the original bytes to w, streaming, and checks the hash
	// where the channel gives one. Errors are *Error: KindNotReady and KindNoBill
	// as the channel says, KindCorrupt when the hash or the packing is wrong
	// (what was written must then be thrown away), KindRefused, KindUnknown.
	DownloadBill(ctx context.Context, r BillRequest, w io.Writer) (BillFile, error)
}

// BillReader is a Driver that reads its channel's bills. Both methods stream in
// bounded memory, find columns by name, tolerate columns they do not know, and
// yield the lines in the file's order; the line is reused, so copy what is kept
// (its strings stay valid). A broken, foreign or misdated file is a *BillError
// with its line and reason, and then nothing that was yielded may be believed;
// an error of yield is returned as it is.
type BillReader interface {
	ReadTrades(s BillSource, yield func(*BillLine) error) (BillTotals, error)
	ReadFunds(s BillSource, yield func(*FundLine) error) (FundTotals, error)
}

// BillSource is an original file and whose and which day's it must be.
type BillSource struct {
	Bytes       io.ReaderAt
	Size        int64
	Format      BillFormat
	Day         app.Day
	Identity    string // mchid or PID
	SubIdentity string // sub_mchid, or ""
}

// BillError says where a file is broken. Codes are stable and have translated
// sentences; Line counts in the unpacked text from 1, 0 for the whole file.
type BillError struct {
	Line   int
	Code   string // such as "column_missing", "not_ours", "wrong_day", "amount", "columns", "summary_missing", "encoding", "packing", "truncated"
	Detail string // what was found, such as the column's name
}

// Error describes it for logs.
func (e *BillError) Error() string {
	return fmt.Sprintf("line %d of the bill: %s: %s", e.Line, e.Code, e.Detail)
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
	RefundNumber   string // the refund's number as we sent it, or the channel console's own
	// ChannelRefundNo is the channel's own number of the refund, "" at Alipay.
	ChannelRefundNo string
	TradeType       string // the channel's own word, such as NATIVE
	RawState        string // the channel's own word: SUCCESS, REFUND, REVOKED, 交易, 退款
	RefundState     RefundState
	Subject         string
	Amount          app.Money // the order's amount, or what was asked to go back
	// Settlement is the part that counts for the merchant before fees: less
	// coupons the channel does not settle.
	Settlement app.Money
	// Fee is what the channel takes for a payment, and gives back of it for a
	// refund: both positive.
	Fee     app.Millifen
	Rate    app.Rate // the rate as written
	HasRate bool     // false where the bill has no such column (Alipay)
}

// BillTotals are a trades bill's own summary lines and, beside them, what its
// rows add up to. Any difference is the file's.
type BillTotals struct {
	Stated BillSums
	Summed BillSums
	// HasFee and HasOrders say which of Stated the channel states at all.
	HasFee    bool
	HasOrders bool
}

// BillSums are counts and sums of a trades bill. Fee is net: fees taken less
// fees given back.
type BillSums struct {
	Payments           int64
	Refunds            int64
	Rows               int64 // WeChat states only the sum of both
	Amount             app.Money
	Settlement         app.Money
	Refunded           app.Money // as asked for
	RefundedSettlement app.Money
	Fee                app.Millifen
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

// FundLine is one movement of the balance, in fen, in the order in which they
// were booked. Amount is signed: money in is positive.
type FundLine struct {
	Row        int
	At         time.Time
	FlowNo     string // the channel's number of the movement
	BusinessNo string // of what moved it: the channel's trade or refund number
	Number     string // our own number, where the channel says it
	Kind       FundKind
	RawKind    string // the channel's own words
	Amount     app.Money
	Balance    app.Money // afterwards
	Note       string
}

// FundTotals are a funds bill's own summary and what its rows add up to.
// Opening is the balance before the first row, Closing after the last; both are
// 0 with HasBalance false when there is no row.
type FundTotals struct {
	Rows, Incomes, Outgoings                   int64
	Income, Outgoing                           app.Money // positive
	StatedRows, StatedIncomes, StatedOutgoings int64
	StatedIncome, StatedOutgoing               app.Money
	Opening, Closing                           app.Money
	HasBalance                                 bool
	ByKind                                     map[FundKind]app.Money // signed
}
