package wechat

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// The types of a trade bill.
const (
	billAll     = "ALL"
	billSuccess = "SUCCESS" // payments alone
	billRefund  = "REFUND"  // refunds alone
)

// The files of a day.
const (
	tradeBill = "tradebill"
	fundBill  = "fundflowbill"
)

// billAnswer says where a bill is and what it must be.
type billAnswer struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"` // of the unpacked bytes
	DownloadURL string `json:"download_url"`
}

// tradeBill: GET /v3/bill/tradebill?bill_date&sub_mchid&bill_type&tar_type.
// https://pay.weixin.qq.com/doc/v3/merchant/4012791907
func (g *Gateway) tradeBill(c *call) (answer, error) {
	r := billRequest{File: tradeBill, Type: c.Query("bill_type", billAll), SubMchID: c.Query("sub_mchid")}
	if !slices.Contains([]string{billAll, billSuccess, billRefund}, r.Type) {
		return answer{}, paramError("query", "/bill_type", r.Type, "应为ALL、SUCCESS或REFUND")
	}
	if r.SubMchID != "" {
		if _, err := g.subMerchant(c, r.SubMchID); err != nil {
			return answer{}, err
		}
	}
	return g.bill(c, r)
}

// fundBill: GET /v3/bill/fundflowbill?bill_date&account_type&tar_type. The
// simulated merchants have a basic account alone.
// https://pay.weixin.qq.com/doc/v3/merchant/4012791908
func (g *Gateway) fundBill(c *call) (answer, error) {
	r := billRequest{File: fundBill, Type: c.Query("account_type", "BASIC")}
	switch r.Type {
	case "BASIC":
		return g.bill(c, r)
	case "OPERATION", "FEES":
		return answer{}, noStatement()
	}
	return answer{}, paramError("query", "/account_type", r.Type, "应为BASIC、OPERATION或FEES")
}

// bill writes the file once to learn its hash, and answers where it can be had.
func (g *Gateway) bill(c *call, r billRequest) (answer, error) {
	day, err := app.ParseDay(c.Query("bill_date"))
	if err != nil {
		return answer{}, paramError("query", "/bill_date", c.Query("bill_date"), "格式应为yyyy-MM-dd")
	}
	tar := c.Query("tar_type")
	if tar != "" && tar != "GZIP" {
		return answer{}, paramError("query", "/tar_type", tar, "应为GZIP")
	}
	r.MchID, r.Day, r.GZIP = c.merchant.ID, day, tar == "GZIP"
	hash := sha1.New() //nolint:gosec // the channel's choice
	file, err := g.writeBill(c.UserContext(), r, hash)
	if err != nil {
		return answer{}, billFailure(err)
	}
	if file.rows == 0 {
		return answer{}, noStatement()
	}
	// The same rows again, whatever happens until it is downloaded.
	r.At, r.Expires = file.at, g.trades.Now().Add(billURLLife).Unix()
	token, err := r.token(c.merchant)
	if err != nil {
		return answer{}, err
	}
	sum := hash.Sum(nil)
	if file.wrongHash {
		sum[0] ^= 0xff
	}
	return answer{status: http.StatusOK, body: billAnswer{
		HashType: "SHA1", HashValue: hex.EncodeToString(sum), DownloadURL: g.address(c) + "/v3/billdownload/file?token=" + token,
	}}, nil
}

// address is where the merchant has reached the gateway: under whatever name
// that was, it can come again.
func (g *Gateway) address(c *call) string {
	host := string(c.Context().Host())
	scheme := c.Protocol()
	if own, err := url.Parse(g.url); err == nil && own.Host == host {
		scheme = own.Scheme // a proxy may have taken TLS off
	}
	prefix, _, _ := strings.Cut(c.Path(), "/v3/")
	return scheme + "://" + host + prefix
}

// query is what the core is asked for.
func (r billRequest) query() trade.BillQuery {
	return trade.BillQuery{
		Channel: app.WeChat, MerchantID: r.MchID, SubID: r.SubMchID, WithSubs: r.File == tradeBill && r.SubMchID == "",
		Funds: r.File == fundBill, Day: r.Day, At: r.At,
	}
}

// billFailure translates the core's refusals.
func billFailure(err error) error {
	var e *app.Error
	if !errors.As(err, &e) || e.Code != app.Conflict {
		return err
	}
	switch e.Reason {
	case trade.ReasonBillTooEarly, trade.ReasonBillNotReady:
		return &failure{status: http.StatusBadRequest, Code: "STATEMENT_CREATING", Message: "账单生成中，请在T+1日上午10点后再重新下载"}
	case trade.ReasonBillFuture:
		return invalidRequest("账单日期不能晚于今天，请检查bill_date")
	case trade.ReasonBillTooOld:
		return invalidRequest("仅支持下载三个月内的账单，请检查bill_date")
	}
	return err
}

func noStatement() *failure {
	return &failure{status: http.StatusBadRequest, Code: "NO_STATEMENT_EXIST", Message: "账单文件不存在"}
}

// plain makes a text fit for a cell: there is no quoting.
var plain = strings.NewReplacer("`", "", "\r\n", " ", "\r", " ", "\n", " ")
