package alipay

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const methodBill = "alipay.data.dataservice.bill.downloadurl.query"

// The bills there are, by bill_type.
const (
	BillTrades = "trade"        // every payment and refund
	BillFunds  = "signcustomer" // every movement of the balance
)

type billContent struct {
	BillType string `json:"bill_type"`
	BillDate string `json:"bill_date"`
}

type billNode struct {
	Result
	BillDownloadURL string `json:"bill_download_url"`
	BillFileCode    string `json:"bill_file_code,omitempty"`
}

// queryBill answers where a day's bill can be fetched, for half a minute. With
// app_auth_token it is the bill of the merchant that gave it.
// https://opendocs.alipay.com/open/02ivbt
func (g *Gateway) queryBill(ctx context.Context, c *call) (any, error) {
	var in billContent
	if err := decodeBiz(c.params, &in); err != nil {
		return nil, err
	}
	if in.BillType != BillTrades && in.BillType != BillFunds {
		return nil, invalidArguments("bill_type 应为 trade 或 signcustomer")
	}
	day, err := app.ParseDay(in.BillDate)
	if err != nil {
		return nil, invalidArguments("bill_date 应为 yyyy-MM-dd 格式的日期；沙箱只有日账单")
	}
	f := billFile{AppID: c.merchant.ID, SubID: c.sub.ID, Type: in.BillType, Day: day}
	b, err := g.trades.OpenBill(ctx, f.query())
	if err != nil {
		return nil, billRefused(err)
	}
	some, err := listsAny(ctx, b, f.Type)
	if err != nil {
		return nil, err
	}
	if !some {
		return nil, business("isp.bill_not_exist", "您在查询的时间内没有产生账单")
	}
	f.At, f.Expires = b.At, app.ToMillis(c.now.Add(billLife))
	return billNode{Result: success(), BillDownloadURL: g.billURL(f, c.merchant, ownerOf(b))}, nil
}

func invalidArguments(subMsg string) error { return business("isv.invalid_arguments", subMsg) }

// billRefused is the gateway's word for a bill that it does not give out.
func billRefused(err error) error {
	var e *app.Error
	if !errors.As(err, &e) || e.Code != app.Conflict {
		return err
	}
	switch e.Reason {
	case trade.ReasonBillNotReady:
		return business("isp.bill_not_exist", "账单尚未生成，请于次日 9 点之后再试")
	case trade.ReasonBillTooEarly, trade.ReasonBillFuture:
		return invalidArguments("bill_date 不能是当天或以后的日期")
	}
	return invalidArguments("bill_date 超出可查询的范围")
}

// query is what the core is asked for.
func (f billFile) query() trade.BillQuery {
	return trade.BillQuery{Channel: app.Alipay, MerchantID: f.AppID, SubID: f.SubID, Funds: f.Type == BillFunds, Day: f.Day, At: f.At}
}

// errFound ends a reading at the first row.
var errFound = errors.New("the bill has rows")

// listsAny reports whether the bill has a row.
func listsAny(ctx context.Context, b *trade.Bill, kind string) (bool, error) {
	var err error
	if kind == BillFunds {
		err = b.Movements(ctx, func(trade.Movement) error { return errFound })
	} else {
		err = b.Rows(ctx, func(trade.BillRow) error { return errFound })
	}
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

// owner is whose bill, and which day's, it says it is.
type owner struct {
	PID string
	Day app.Day
}

// ownerOf is what the bill says of itself.
func ownerOf(b *trade.Bill) owner {
	return owner{PID: cmp.Or(b.Flaws.Guise.SellerID, b.Sub.SellerID, b.Merchant.SellerID), Day: cmp.Or(b.Flaws.Guise.Day, b.Day)}
}

// account is a PID as bills write it: with the number of its account.
func (o owner) account() string { return o.PID + "0156" }

func (o owner) zipName() string { return o.account() + "_" + o.Day.Compact() + ".csv.zip" }

// billURL is the address of a file, shaped as the real one's.
func (g *Gateway) billURL(f billFile, m trade.Merchant, o owner) string {
	q := url.Values{
		"bizType": {f.Type}, "userId": {o.account()}, "fileType": {"csv.zip"}, "bizDates": {f.Day.Compact()},
		"downloadFileName": {o.zipName()}, "fileId": {f.token(m)},
	}
	return strings.TrimSuffix(g.billsURL, "/") + "?" + q.Encode()
}
