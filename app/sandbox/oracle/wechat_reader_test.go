package oracle

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/wechat"
)

// TestThePlatformReadsBillsAsThePlugin: on the sandbox's files and on those of
// the reader's own tests, what the platform's reader says of each row and
// summary is what wechatpay-axios-plugin's parser finds in its cells.
func TestThePlatformReadsBillsAsThePlugin(t *testing.T) {
	s := &shopper{box: watched(t), n: start(t, "wechat.js")}
	s.merchant = open(t, s.box, "wechat", "public_key")
	s.certs = map[string]string{s.merchant["public_key_id"]: s.merchant["public_key"]}
	s.headers = map[string]string{"Wechatpay-Serial": s.merchant["public_key_id"]}
	s.n.do("open", wechatConfig(s.merchant, s.certs), nil)
	w := walker{s, t}
	w.tradeAWhile()
	today := app.DayOf(time.Now())
	of := channel.BillSource{Day: today, Identity: s.merchant["mchid"]}
	for _, kind := range []string{"ALL", "SUCCESS", "REFUND"} {
		b := w.bill("v3/bill/tradebill", map[string]string{"bill_date": string(today), "bill_type": kind, "tar_type": "GZIP"})
		agreeOnTrades(t, b, b.Text, of)
	}
	b := w.bill("v3/bill/fundflowbill", map[string]string{"bill_date": string(today), "account_type": "BASIC"})
	agreeOnFunds(t, b, b.Text, of)

	of = channel.BillSource{Day: "2026-11-24", Identity: "1900000001"}
	provider := channel.BillSource{Day: "2026-11-24", Identity: "1900000009", SubIdentity: "1700000001"}
	for name, of := range map[string]channel.BillSource{
		"all": of, "all_later": of, "success": of, "refund": of, "reversed": of, "partner": provider, "funds": of,
	} {
		text := fixture(t, name)
		var b pluginBill
		s.n.do("read", map[string][]byte{"text": text}, &b)
		if name == "funds" {
			agreeOnFunds(t, b, text, of)
		} else {
			agreeOnTrades(t, b, text, of)
		}
	}
}

// tradeAWhile sells twice, and gives back once in part and once by the till.
func (w walker) tradeAWhile() {
	for number, amount := range map[string]int64{"reader_1": 10050, "reader_2": 3} {
		pay(w.t, w.box, w.native(w.order(number, amount)).Body.CodeURL)
	}
	refund := w.refundOf("reader_1", "reader_refund_1", 2005)
	refund["amount"].(map[string]any)["total"] = 10050
	w.want("refund", w.post("v3/refund/domestic/refunds", "", refund), map[string]any{"http": 200})
	w.want("code", w.post(own+"codepay", "", w.codeOrder("reader_3", w.payCode("ok"))), map[string]any{"http": 200, "trade_state": "SUCCESS"})
	w.want("reverse", w.post(own+"out-trade-no/{number}/reverse", "reader_3", map[string]any{"appid": w.merchant["appid"], "mchid": w.merchant["mchid"]}), map[string]any{"http": 200})
}

// fixture reads a file of the reader's tests as the plugin wants one: it takes
// three bytes for the BOM whatever they are, and every ",`" for a cell's end, also
// one of people's own words.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../payments/channel/wechat/testdata/bill_" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("\",`大号"), []byte("\", `大号"))
	return append([]byte("\ufeff"), bytes.TrimPrefix(text, []byte("\ufeff"))...)
}

// unread are columns whose cells the platform makes nothing of.
var unread = map[string]bool{
	"设备号": true, "用户标识": true, "付款银行": true, "代金券金额": true, "充值券退款金额": true, "退款类型": true, "商户数据包": true, "费率备注": true,
	"退款成功时间": true, "结算币种": true, "门店编号": true, "（备用）": true, "资金变更提交申请人": true, "充值券退款总金额": true, "新增合计": true,
}

// agree compares a cell with what was read.
func agree(t *testing.T, row int, column, cell, read string) {
	t.Helper()
	if cell != read {
		t.Errorf("line %d, %s: the plugin has %q, the reader %q", row, column, cell, read)
	}
}

func agreeOnTrades(t *testing.T, b pluginBill, text []byte, of channel.BillSource) {
	t.Helper()
	of.Bytes, of.Size, of.Format = bytes.NewReader(text), int64(len(text)), channel.BillPlain
	n := 0
	totals, err := wechat.New(nil, app.SystemClock{}).ReadTrades(of, func(l *channel.BillLine) error {
		if n < len(b.Bill.Rows) {
			agreeOnTrade(t, b.Bill.Rows[n], l, of)
		}
		n++
		return nil
	})
	if err != nil || n != len(b.Bill.Rows) || n == 0 {
		t.Fatalf("%d rows, the plugin has %d: %v", n, len(b.Bill.Rows), err)
	}
	s := totals.Stated
	for column, cell := range b.Bill.Summary {
		switch column {
		case "总交易单数":
			agree(t, 0, column, strings.TrimSuffix(cell, ".0"), count(s.Rows))
		case "应结订单总金额":
			agree(t, 0, column, yuan(t, cell), s.Settlement.Yuan())
		case "退款总金额":
			agree(t, 0, column, yuan(t, cell), s.RefundedSettlement.Yuan())
		case "手续费总金额":
			agree(t, 0, column, fine(t, cell), s.Fee.Yuan())
		case "订单总金额":
			agree(t, 0, column, yuan(t, cell), s.Amount.Yuan())
		case "申请退款总金额":
			agree(t, 0, column, yuan(t, cell), s.Refunded.Yuan())
		default:
			known(t, column)
		}
	}
}

func agreeOnTrade(t *testing.T, cells map[string]string, l *channel.BillLine, of channel.BillSource) {
	t.Helper()
	paid, asked, back, fee := l.Settlement, app.Money(0), app.Money(0), l.Fee
	order := l.Amount
	if l.Kind == channel.LineRefund {
		paid, order, asked, back, fee = 0, 0, l.Amount, l.Settlement, -l.Fee
	}
	for column, cell := range cells {
		switch column {
		case "交易时间":
			if _, refunds := cells["退款申请时间"]; !refunds { // there it is the payment's
				agree(t, l.Row, column, cell, l.At.Format(time.DateTime))
			}
		case "退款申请时间":
			agree(t, l.Row, column, cell, l.At.Format(time.DateTime))
		case "公众账号ID":
			agree(t, l.Row, column, cell, l.AppID)
		case "商户号":
			agree(t, l.Row, column, cell, of.Identity)
		case "特约商户号":
			agree(t, l.Row, column, strings.TrimPrefix(cell, "0"), of.SubIdentity)
		case "微信订单号":
			agree(t, l.Row, column, cell, l.ChannelTradeNo)
		case "商户订单号":
			agree(t, l.Row, column, cell, l.Number)
		case "微信退款单号":
			agree(t, l.Row, column, cell, zeroed(l.ChannelRefundNo))
		case "商户退款单号":
			agree(t, l.Row, column, cell, zeroed(l.RefundNumber))
		case "交易类型":
			agree(t, l.Row, column, cell, l.TradeType)
		case "交易状态":
			agree(t, l.Row, column, cell, l.RawState)
		case "退款状态":
			agree(t, l.Row, column, states[cell], string(l.RefundState))
		case "货币种类":
			agree(t, l.Row, column, cell, app.CNY)
		case "商品名称":
			agree(t, l.Row, column, cell, l.Subject)
		case "应结订单金额":
			agree(t, l.Row, column, yuan(t, cell), paid.Yuan())
		case "订单金额":
			agree(t, l.Row, column, yuan(t, cell), order.Yuan())
		case "退款金额":
			agree(t, l.Row, column, yuan(t, cell), back.Yuan())
		case "申请退款金额":
			agree(t, l.Row, column, yuan(t, cell), asked.Yuan())
		case "手续费":
			agree(t, l.Row, column, fine(t, cell), fee.Yuan())
		case "费率":
			agree(t, l.Row, column, cell, l.Rate.String())
		default:
			known(t, column)
		}
	}
}

// states are WeChat's words for those of the platform.
var states = map[string]string{"": "", "SUCCESS": "succeeded", "PROCESSING": "pending", "FAIL": "closed", "CHANGE": "abnormal"}

func agreeOnFunds(t *testing.T, b pluginBill, text []byte, of channel.BillSource) {
	t.Helper()
	of.Bytes, of.Size, of.Format = bytes.NewReader(text), int64(len(text)), channel.BillPlain
	n := 0
	f, err := wechat.New(nil, app.SystemClock{}).ReadFunds(of, func(l *channel.FundLine) error {
		if n < len(b.Bill.Rows) {
			agreeOnFund(t, b.Bill.Rows[n], l)
		}
		n++
		return nil
	})
	if err != nil || n != len(b.Bill.Rows) || n == 0 {
		t.Fatalf("%d movements, the plugin has %d: %v", n, len(b.Bill.Rows), err)
	}
	for column, read := range map[string]string{
		"资金流水总笔数": count(f.StatedRows), "收入笔数": count(f.StatedIncomes), "支出笔数": count(f.StatedOutgoings),
		"收入金额": f.StatedIncome.Yuan(), "支出金额": f.StatedOutgoing.Yuan(),
	} {
		agree(t, 0, column, strings.TrimSuffix(b.Bill.Summary[column], ".0"), read)
	}
}

func agreeOnFund(t *testing.T, cells map[string]string, l *channel.FundLine) {
	t.Helper()
	direction, amount := "收入", l.Amount
	if amount < 0 {
		direction, amount = "支出", -amount
	}
	for column, cell := range cells {
		switch column {
		case "记账时间":
			agree(t, l.Row, column, cell, l.At.Format(time.DateTime))
		case "微信支付业务单号":
			agree(t, l.Row, column, cell, l.BusinessNo)
		case "资金流水单号":
			agree(t, l.Row, column, cell, l.FlowNo)
		case "业务名称", "业务类型":
			if !strings.Contains(l.RawKind, cell) {
				agree(t, l.Row, column, cell, l.RawKind)
			}
		case "收支类型":
			agree(t, l.Row, column, cell, direction)
		case "收支金额(元)":
			agree(t, l.Row, column, yuan(t, cell), amount.Yuan())
		case "账户结余(元)":
			agree(t, l.Row, column, yuan(t, cell), l.Balance.Yuan())
		case "备注":
			agree(t, l.Row, column, cell, l.Note)
		case "业务凭证号":
			agree(t, l.Row, column, cell, l.Voucher)
		default:
			known(t, column)
		}
	}
}

func known(t *testing.T, column string) {
	t.Helper()
	if !unread[column] {
		t.Errorf("column %q is compared with nothing", column)
	}
}

// zeroed is a number as the file writes none.
func zeroed(number string) string {
	if number == "" {
		return "0"
	}
	return number
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// yuan and fine word a cell's amount as the platform does.
func yuan(t *testing.T, cell string) string {
	t.Helper()
	m, err := app.ParseYuan(cell)
	if err != nil {
		t.Error(err)
	}
	return m.Yuan()
}

func fine(t *testing.T, cell string) string {
	t.Helper()
	f, err := app.ParseMillifen(cell)
	if err != nil {
		t.Error(err)
	}
	return f.Yuan()
}
