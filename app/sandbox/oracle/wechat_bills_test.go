package oracle

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
)

// pluginBill is a bill as wechatpay-axios-plugin downloaded and read it: cells
// by the names of their columns.
type pluginBill struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Hashed bool   `json:"hashed"` // the announced hash is right
	Bill   struct {
		Rows    []map[string]string `json:"rows"`
		Summary map[string]string   `json:"summary"`
	} `json:"bill"`
	Text []byte `json:"text"` // the file, unpacked
	Data struct {
		Code string `json:"code"`
	} `json:"data"`
}

func (w walker) bill(path string, params map[string]string) pluginBill {
	w.t.Helper()
	var b pluginBill
	w.n.do("bill", map[string]any{"path": path, "params": params}, &b)
	if b.Status != http.StatusOK || b.Code != "" || !b.Hashed {
		w.t.Fatalf("%s %v: %d %s %s, hash right: %v", path, params, b.Status, b.Code, b.Data.Code, b.Hashed)
	}
	return b
}

// fen sums up a column.
func (b pluginBill) fen(t *testing.T, column string, rows func(map[string]string) bool) (sum app.Money) {
	t.Helper()
	for _, r := range b.Bill.Rows {
		if !rows(r) {
			continue
		}
		v, err := app.ParseYuan(r[column])
		if err != nil {
			t.Fatalf("%s in %v: %v", column, r, err)
		}
		sum += v
	}
	return sum
}

func all(map[string]string) bool { return true }

func having(column, word string) func(map[string]string) bool {
	return func(r map[string]string) bool { return r[column] == word }
}

// bills are those of what the walk has done today.
func (w walker) bills() {
	today := string(app.DayOf(time.Now()))
	trades := w.bill("v3/bill/tradebill", map[string]string{"bill_date": today, "bill_type": "ALL"})
	packed := w.bill("v3/bill/tradebill", map[string]string{"bill_date": today, "bill_type": "ALL", "tar_type": "GZIP"})
	if len(trades.Bill.Rows) != len(packed.Bill.Rows) {
		w.t.Errorf("%d rows, and packed %d", len(trades.Bill.Rows), len(packed.Bill.Rows))
	}
	w.addsUp(trades)
	w.namesEverybody(trades)

	funds := w.bill("v3/bill/fundflowbill", map[string]string{"bill_date": today, "account_type": "BASIC", "tar_type": "GZIP"})
	in, out := funds.fen(w.t, "收支金额(元)", having("收支类型", "收入")), funds.fen(w.t, "收支金额(元)", having("收支类型", "支出"))
	s := funds.Bill.Summary
	if in.Yuan() != s["收入金额"] || out.Yuan() != s["支出金额"] || in < 1 || out < 1 {
		w.t.Errorf("in %s, out %s, the summary says %v", in.Yuan(), out.Yuan(), s)
	}
	if last := funds.Bill.Rows[len(funds.Bill.Rows)-1]["账户结余(元)"]; last != (in - out).Yuan() {
		w.t.Errorf("the balance ends at %s, want %s", last, (in - out).Yuan())
	}

	var b pluginBill
	w.n.do("bill", map[string]any{"path": "v3/bill/tradebill", "params": map[string]string{"bill_date": string(app.Day(today).Add(-1))}}, &b)
	if b.Status != http.StatusBadRequest || b.Data.Code != "NO_STATEMENT_EXIST" {
		w.t.Errorf("yesterday: %d %s", b.Status, b.Data.Code)
	}
}

func (w walker) addsUp(b pluginBill) {
	w.t.Helper()
	s := b.Bill.Summary
	if count := strings.TrimSuffix(s["总交易单数"], ".0"); count != strconv.Itoa(len(b.Bill.Rows)) {
		w.t.Errorf("%d rows, the summary says %s", len(b.Bill.Rows), s["总交易单数"])
	}
	for column, total := range map[string]string{
		"订单金额": "订单总金额", "应结订单金额": "应结订单总金额", "退款金额": "退款总金额", "申请退款金额": "申请退款总金额", "手续费": "手续费总金额",
	} {
		said, err := app.ParseYuan(s[total])
		if sum := b.fen(w.t, column, all); err != nil || sum != said {
			w.t.Errorf("%s adds up to %s, the summary says %s (%v)", column, sum.Yuan(), s[total], err)
		}
	}
}

// namesEverybody compares the rows with what the walk did: an order that was
// refunded, one that was taken back, and one of a merchant under this one.
func (w walker) namesEverybody(b pluginBill) {
	w.t.Helper()
	seen := map[string]string{}
	for _, r := range b.Bill.Rows {
		seen[r["商户订单号"]+" "+r["交易状态"]] = r["交易类型"] + " " + r["订单金额"] + " " + r["申请退款金额"] + " " + r["商户退款单号"] + " " + r["退款状态"]
		if r["商户号"] != w.merchant["mchid"] || r["公众账号ID"] != w.merchant["appid"] || r["费率"] != "0.60%" || r["用户标识"] == "" {
			w.t.Errorf("a row of another: %v", r)
		}
		if partner := strings.HasPrefix(r["商户订单号"], "npm_sp_"); partner != (r["特约商户号"] != "0") {
			w.t.Errorf("特约商户号 of %v", r)
		}
	}
	for row, want := range map[string]string{
		"npm_jsapi_1 SUCCESS": "JSAPI 0.05 0.00 0 ",
		"npm_code_1 SUCCESS":  "MICROPAY 0.05 0.00 0 ",
		"npm_code_1 REFUND":   "MICROPAY 0.00 0.03 npm_refund_1 SUCCESS",
		"npm_sp_1 REFUND":     "NATIVE 0.00 0.05 npm_sp_refund_1 SUCCESS",
	} {
		if seen[row] != want {
			w.t.Errorf("%s is %q, want %q", row, seen[row], want)
		}
	}
	if seen["npm_code_2 REVOKED"] == "" {
		w.t.Errorf("what was taken back is not there: %v", seen)
	}
}
