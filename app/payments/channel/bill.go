package channel

import (
	"context"
	"io"

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

// Codes of our own of a DownloadBill's *Error.
const (
	// CodeNoSuchBill is the Code of a KindNoBill where the channel has no such
	// file of the identity on any day: WeChat's funds of a merchant under a
	// provider. It says nothing about whether money moved.
	CodeNoSuchBill = "NO_SUCH_BILL"
	// CodeBillHash and CodeBillPacking are Codes of KindCorrupt: the unpacked
	// bytes have another hash than announced, the bytes are not packed as
	// announced, or they end too early.
	CodeBillHash    = "BILL_HASH"
	CodeBillPacking = "BILL_PACKING"
	// CodeBillSize is the Code of a KindCorrupt that is longer than we take.
	CodeBillSize = "BILL_SIZE"
	// CodeBillHost is the Code of a KindUnknown whose download address is not the
	// channel's: nothing was fetched from it.
	CodeBillHost = "BILL_HOST"
)

// BillDownloader is a Client whose channel publishes bills.
type BillDownloader interface {
	// DownloadBill writes the original bytes to w, streaming, and checks the hash
	// where the channel gives one. Errors are *Error: KindNotReady and KindNoBill
	// as the channel says, KindCorrupt when the hash or the packing is wrong
	// (what was written must then be thrown away, as after any error),
	// KindRefused, KindUnknown. An error of w is returned as it is. A call takes
	// as long as ctx allows, and ten minutes at most.
	DownloadBill(ctx context.Context, r BillRequest, w io.Writer) (BillFile, error)
}
