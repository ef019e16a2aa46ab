package wechat_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// set moves the clock.
func (c *clock) set(at time.Time) { c.Lock(); defer c.Unlock(); c.now = at }

// moment is a time of a day in Beijing: "2026-11-23 23:59:59".
func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, app.Beijing)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// sold is an order that is paid at the clock's time, by or under the merchant.
func (b *box) sold(t *testing.T, no string, fen app.Money, sub trade.SubMerchant, change ...func(*trade.Order)) trade.Trade {
	t.Helper()
	o := trade.Order{
		Merchant: b.merchant, Sub: sub, AppID: b.merchant.AppID, OutTradeNo: no, TradeType: "NATIVE", Subject: "醋", Amount: fen,
		Code: "weixin://wxpay/bizpayurl?pr=" + trade.NewCode(), NotifyURL: b.shop.URL, Fingerprint: "a", ExpiresAt: b.clock.Now().Add(time.Hour),
	}
	if sub.ID != "" {
		o.Extra = fmt.Sprintf(`{"sp_appid":%q,"sub_appid":%q}`, b.merchant.AppID, sub.AppID)
	}
	for _, c := range change {
		c(&o)
	}
	made, _, err := b.trades.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return b.pay(t, made.Code)
}

func (b *box) gaveBack(t *testing.T, of trade.Trade, no string, fen app.Money) trade.Refund {
	t.Helper()
	r, _, err := b.trades.Refund(t.Context(), trade.RefundOrder{Trade: of, OutRefundNo: no, Amount: fen, Reason: "退货"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (b *box) ends(t *testing.T, r trade.Refund, s trade.RefundState) {
	t.Helper()
	if _, err := b.trades.FinishRefund(t.Context(), r.ID, s); err != nil {
		t.Fatal(err)
	}
}

// get is a signed GET at the clock's time.
func (b *box) get(t *testing.T, path string, query url.Values) answer {
	t.Helper()
	return b.send(t, raw{method: http.MethodGet, uri: mount + path + "?" + query.Encode()})
}

type billAnswer struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"`
	DownloadURL string `json:"download_url"`
}

// apply asks for a bill that there is.
func (b *box) apply(t *testing.T, path string, query url.Values) billAnswer {
	t.Helper()
	a := b.get(t, path, query)
	var got billAnswer
	if err := json.Unmarshal(a.body, &got); err != nil || a.status != http.StatusOK || !a.verified || got.HashType != "SHA1" {
		t.Fatalf("%s %v: %d %s, verified %v", path, query, a.status, a.body, a.verified)
	}
	return got
}

// fetch downloads with a signature made at the clock's time.
func (b *box) fetch(t *testing.T, address string) (int, http.Header, []byte, error) {
	t.Helper()
	uri := strings.TrimPrefix(address, b.origin)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.origin+uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", b.authorization(t, raw{method: http.MethodGet, uri: uri}))
	req.Header.Set("Accept", "*/*")
	req.Header.Set("User-Agent", "raw-test")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, body, err
}

// bill applies, downloads and checks the hash.
func (b *box) bill(t *testing.T, path string, query url.Values) string {
	t.Helper()
	a := b.apply(t, path, query)
	status, header, body, err := b.fetch(t, a.DownloadURL)
	if err != nil || status != http.StatusOK {
		t.Fatalf("download: %d %v %s", status, err, body)
	}
	if header.Get("Wechatpay-Signature") != "" {
		t.Error("a file has no signature")
	}
	text := unpacked(t, query, body)
	if sum := sha1.Sum(text); hex.EncodeToString(sum[:]) != a.HashValue {
		t.Errorf("the hash is %x, announced is %s", sum, a.HashValue)
	}
	return string(text)
}

func unpacked(t *testing.T, query url.Values, body []byte) []byte {
	t.Helper()
	if query.Get("tar_type") != "GZIP" {
		return body
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const (
	tradeBills    = "/v3/bill/tradebill"
	fundBills     = "/v3/bill/fundflowbill"
	billDownloads = "/v3/billdownload/file"
)

func ofDay(day string, more ...string) url.Values {
	q := url.Values{"bill_date": {day}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}

// aDay is a small day of the merchant: 23 November 2026, seen from the 25th.
func (b *box) aDay(t *testing.T) (names []string) {
	t.Helper()
	b.clock.set(moment(t, "2026-11-22 23:59:59"))
	before := b.sold(t, "order-0", 50_000, trade.SubMerchant{})
	b.clock.set(moment(t, "2026-11-23 00:00:00"))
	first := b.sold(t, "order-1", 1, trade.SubMerchant{}, func(o *trade.Order) {
		o.Subject, o.Attach, o.TradeType = "老陈醋,500ml`\r\n第二行", "shelf 7,left", "JSAPI"
	})
	b.clock.set(moment(t, "2026-11-23 12:30:15"))
	second := b.sold(t, "order-2", 123_456, trade.SubMerchant{})
	b.clock.set(moment(t, "2026-11-23 18:00:00"))
	back := b.gaveBack(t, second, "refund-1", 100_000)
	b.clock.set(moment(t, "2026-11-23 18:00:05"))
	b.ends(t, back, trade.RefundSucceeded)
	b.clock.set(moment(t, "2026-11-23 19:00:00"))
	b.ends(t, b.gaveBack(t, second, "refund-2", 200), trade.RefundAbnormal)
	b.clock.set(moment(t, "2026-11-23 20:00:00"))
	if _, err := b.trades.Withdraw(t.Context(), b.merchant.ID, 30_000); err != nil {
		t.Fatal(err)
	}
	b.clock.set(moment(t, "2026-11-23 23:59:59"))
	slow := b.gaveBack(t, before, "refund-3", 10_000)
	b.clock.set(moment(t, "2026-11-24 00:00:00"))
	b.sold(t, "order-3", 300, trade.SubMerchant{})
	b.clock.set(moment(t, "2026-11-25 09:00:00"))
	b.ends(t, slow, trade.RefundSucceeded)

	names = []string{b.merchant.ID, "{mchid}", b.merchant.AppID, "{appid}", first.PayerID, "{openid}"}
	for i, of := range []trade.Trade{before, first, second} {
		names = append(names, of.ChannelTradeNo, fmt.Sprintf("{order %d}", i))
	}
	for _, no := range []string{"refund-1", "refund-2", "refund-3"} {
		r, err := b.trades.RefundByNumber(t.Context(), b.merchant.ID, no)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, r.ChannelRefundNo, "{"+no+"}")
	}
	return names
}

// golden compares a file byte by byte, but for the numbers that are made up.
func golden(t *testing.T, name, text string, names []string) {
	t.Helper()
	text = strings.NewReplacer(names...).Replace(text)
	lines := strings.SplitAfter(text, "\n")
	if name == "bill_funds.csv" {
		for i, line := range lines { // the flow numbers
			cells := strings.Split(line, ",`")
			if len(cells) == 11 {
				cells[2] = "{flow}"
				if cells[3] == "提现" {
					cells[1], cells[10] = "{flow}", "{withdrawal}\r\n"
				}
				lines[i] = strings.Join(cells, ",`")
			}
		}
		text = strings.Join(lines, "")
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile("testdata/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s:\n%s\nwant:\n%s", name, text, want)
	}
}

// TestADaysFilesAreExact in every byte, on both databases.
func TestADaysFilesAreExact(t *testing.T) {
	each(t, trade.PublicKey, func(t *testing.T, b *box) {
		names := b.aDay(t)
		day := "2026-11-23"
		golden(t, "bill_all.csv", b.bill(t, tradeBills, ofDay(day)), names)
		golden(t, "bill_all.csv", b.bill(t, tradeBills, ofDay(day, "bill_type", "ALL", "tar_type", "GZIP")), names)
		golden(t, "bill_success.csv", b.bill(t, tradeBills, ofDay(day, "bill_type", "SUCCESS")), names)
		golden(t, "bill_refund.csv", b.bill(t, tradeBills, ofDay(day, "bill_type", "REFUND")), names)
		golden(t, "bill_funds.csv", b.bill(t, fundBills, ofDay(day)), names)
		golden(t, "bill_funds.csv", b.bill(t, fundBills, ofDay(day, "account_type", "BASIC", "tar_type", "GZIP")), names)
		// The file says of a refund what it said at 10:00, whatever became of it.
		slow, err := b.trades.RefundByNumber(t.Context(), b.merchant.ID, "refund-2")
		if err != nil {
			t.Fatal(err)
		}
		b.ends(t, slow, trade.RefundSucceeded)
		golden(t, "bill_all.csv", b.bill(t, tradeBills, ofDay(day)), names)
	})
}
