package alipay_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	smartwalle "github.com/smartwalle/alipay/v3"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const tuesday app.Day = "2026-11-24"

// at sets the clock, "24 09:30:00" of November 2026 in Beijing.
func (b *box) at(t *testing.T, when string) {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-"+when, app.Beijing)
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Lock()
	b.clock.now = at
	b.clock.Unlock()
}

// sold is an order that is placed, scanned and paid at the time.
func (b *box) sold(t *testing.T, when, number, amount, subject, token string) trade.Trade {
	t.Helper()
	b.at(t, when)
	o := b.order(number)
	o.TotalAmount, o.Subject, o.AppAuthToken = amount, subject, token
	rsp := b.precreate(t, b.client(t), o)
	if rsp.Code != "10000" {
		t.Fatalf("precreate: %+v", rsp)
	}
	if _, err := b.trades.Scan(context.Background(), rsp.QRCode); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(7 * time.Second)
	paid, err := b.trades.Pay(context.Background(), rsp.QRCode)
	if err != nil {
		t.Fatal(err)
	}
	return paid
}

// smallDay is a day of three payments and two refunds, one of them of a payment
// of the day before; then it is ten o'clock of the day after.
func (b *box) smallDay(t *testing.T) []trade.Trade {
	t.Helper()
	sold := []trade.Trade{b.sold(t, "23 20:00:00", "order_0", "30.00", "普洱", "")}
	b.at(t, "23 21:00:00")
	if _, err := b.trades.Withdraw(context.Background(), b.merchant.ID, 10_00); err != nil {
		t.Fatal(err)
	}
	sold = append(sold, b.sold(t, "24 00:00:00", "order_1", "12.00", "龙井茶, \"明前\"\t2 两", ""))
	sold = append(sold, b.sold(t, "24 09:00:00", "order_2", "888.80", "礼盒🎁", ""))
	b.at(t, "24 15:00:00")
	b.refund(t, "order_2", "refund_1", "88.80")
	b.at(t, "24 16:00:00")
	b.refund(t, "order_0", "refund_2", "1.00")
	sold = append(sold, b.sold(t, "24 23:59:52", "order_3", "0.05", "糖", ""))
	b.at(t, "25 09:30:00")
	return sold
}

// bill asks for the address of a bill.
func (b *box) bill(t *testing.T, kind, day, token string) *smartwalle.BillDownloadURLQueryRsp {
	t.Helper()
	rsp, err := b.client(t).BillDownloadURLQuery(context.Background(), smartwalle.BillDownloadURLQuery{
		AppAuthToken: token, BillType: kind, BillDate: day,
	})
	if err != nil {
		t.Fatal(err)
	}
	return rsp
}

// files are the files of a bill by the end of their names, decoded; their names
// begin with the account and the day.
func (b *box) files(t *testing.T, kind string, day app.Day) map[string]string {
	t.Helper()
	return unpack(t, b.fetch(t, kind, day))
}

func (b *box) fetch(t *testing.T, kind string, day app.Day) []byte {
	t.Helper()
	rsp := b.bill(t, kind, string(day), "")
	if rsp.Code != "10000" {
		t.Fatalf("the bill's address: %+v", rsp)
	}
	status, raw := get(t, rsp.BillDownloadURL)
	if status != http.StatusOK {
		t.Fatalf("the bill: HTTP %d %s", status, raw)
	}
	return raw
}

func get(t *testing.T, address string) (int, []byte) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, raw
}

var entryName = regexp.MustCompile(`^(2088\d{12}0156_\d{8})_(.+)\.csv$`)

func unpack(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		name := entryName.FindStringSubmatch(fromGBK(t, []byte(f.Name)))
		if name == nil || !f.NonUTF8 {
			t.Fatalf("an entry %q", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[name[2]] = fromGBK(t, text)
	}
	return files
}

// fromGBK decodes a text that must be in GBK, byte for byte.
func fromGBK(t *testing.T, raw []byte) string {
	t.Helper()
	text, err := simplifiedchinese.GBK.NewDecoder().Bytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	again, err := simplifiedchinese.GBK.NewEncoder().Bytes(text)
	if err != nil || !bytes.Equal(again, raw) {
		t.Fatalf("not in GBK: %q, %v", raw, err)
	}
	return string(text)
}

// wantGolden compares a text with a file of testdata, byte for byte but for the
// numbers that each run makes anew.
func (b *box) wantGolden(t *testing.T, file, got string, sold []trade.Trade) {
	t.Helper()
	known := []string{b.merchant.SellerID, "{pid}"}
	for i, s := range sold {
		known = append(known, s.ChannelTradeNo, "{trade "+string(rune('0'+i))+"}")
	}
	got = strings.NewReplacer(known...).Replace(got)
	got = regexp.MustCompile(`4300(20261124)\d{16}`).ReplaceAllString(got, "{flow $1}")
	want, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%q\nwant\n%q", file, got, want)
	}
}

func TestABillIsWrittenAsTheChannelWritesIt(t *testing.T) {
	eachMode(t, func(t *testing.T, b *box) {
		sold := b.smallDay(t)
		trades, funds := b.files(t, "trade", tuesday), b.files(t, "signcustomer", tuesday)
		if len(trades) != 2 || len(funds) != 1 {
			t.Errorf("%d and %d files, want 2 and 1", len(trades), len(funds))
		}
		b.wantGolden(t, "bill_detail.csv", trades["业务明细"], sold)
		b.wantGolden(t, "bill_summary.csv", trades["业务明细(汇总)"], sold)
		b.wantGolden(t, "bill_funds.csv", funds["账务明细"], sold)
	})
}

func TestABillsAddressIsShapedAsTheRealOnes(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.smallDay(t)
	address, err := url.Parse(b.bill(t, "trade", "2026-11-24", "").BillDownloadURL)
	if err != nil {
		t.Fatal(err)
	}
	q := address.Query()
	for name, want := range map[string]string{
		"bizType": "trade", "userId": b.merchant.SellerID + "0156", "fileType": "csv.zip", "bizDates": "20261124",
		"downloadFileName": b.merchant.SellerID + "0156_20261124.csv.zip",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
}

func TestABillsAddressIsGoodForHalfAMinuteAndForNothingElse(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.smallDay(t)
	address := b.bill(t, "trade", "2026-11-24", "").BillDownloadURL
	b.clock.advance(30 * time.Second)
	if status, _ := get(t, address); status != http.StatusOK {
		t.Errorf("after 30 s: HTTP %d", status)
	}
	id := regexp.MustCompile(`fileId=([^&]+)`).FindStringSubmatch(address)[1]
	other, err := b.trades.OpenMerchant(context.Background(), app.Alipay, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	mine, _, _ := strings.Cut(id, ".")
	for name, bad := range map[string]string{
		"none": "", "half": mine, "unsealed": mine + ".", "of no merchant": "e30.e30", "not base64": "!." + mine, "altered": "A" + id[1:],
		"resealed": mine + ".AAAA", "elsewhere": strings.Replace(id, b.merchant.ID, other.ID, 1) + "A",
	} {
		if status, _ := get(t, strings.Replace(address, id, bad, 1)); status != http.StatusNotFound {
			t.Errorf("%s: HTTP %d, want 404", name, status)
		}
	}
	b.clock.advance(time.Millisecond)
	if status, _ := get(t, address); status != http.StatusNotFound {
		t.Errorf("after more than 30 s: HTTP %d", status)
	}
}

func TestABillIsRefusedInTheChannelsWords(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.sold(t, "24 09:00:00", "order_1", "12.00", "茶", "")
	ask := func(name, now, kind, day, sub string) {
		t.Helper()
		b.at(t, now)
		rsp := b.bill(t, kind, day, "")
		if rsp.SubCode != sub || (sub != "" && (rsp.Code != "40004" || rsp.BillDownloadURL != "")) {
			t.Errorf("%s: %+v, want %q", name, rsp, sub)
		}
	}
	ask("today", "24 23:59:59", "trade", "2026-11-24", "isv.invalid_arguments")
	ask("tomorrow", "24 23:59:59", "trade", "2026-11-25", "isv.invalid_arguments")
	ask("not ready", "25 08:59:59", "trade", "2026-11-24", "isp.bill_not_exist")
	ask("ready", "25 09:00:00", "trade", "2026-11-24", "")
	ask("its funds", "25 09:00:00", "signcustomer", "2026-11-24", "")
	ask("a day without trades", "25 09:00:00", "trade", "2026-11-23", "isp.bill_not_exist")
	ask("a day without movements", "25 09:00:00", "signcustomer", "2026-11-23", "isp.bill_not_exist")
	ask("no such kind", "25 09:00:00", "merchant_act", "2026-11-24", "isv.invalid_arguments")
	ask("no such day", "25 09:00:00", "trade", "2026-11-31", "isv.invalid_arguments")
	ask("a month", "25 09:00:00", "trade", "2026-10", "isv.invalid_arguments")
	ask("no day", "25 09:00:00", "trade", "", "isv.invalid_arguments")
	p := trade.BillPlan{Channel: app.Alipay, Account: b.merchant.ID, Day: tuesday, Fault: trade.NotReady}
	if _, err := b.trades.PlanBillFault(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	ask("not ready, as planned", "25 12:00:00", "trade", "2026-11-24", "isp.bill_not_exist")
	ask("ready again", "25 12:00:00", "trade", "2026-11-24", "")
}

// A merchant under a provider has a bill of its own, and the provider's does not
// list its trades.
func TestAProviderFetchesItsMerchantsOwnBill(t *testing.T) {
	b := setup(t, trade.PublicKey)
	sub, err := b.trades.OpenSubMerchant(context.Background(), app.Alipay, b.merchant.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.sold(t, "24 09:00:00", "own_1", "12.00", "茶", "")
	b.sold(t, "24 10:00:00", "theirs_1", "34.00", "酒", sub.Token)
	b.at(t, "25 09:30:00")
	for token, want := range map[string][3]string{
		"":        {b.merchant.SellerID, "own_1", "theirs_1"},
		sub.Token: {sub.SellerID, "theirs_1", "own_1"},
	} {
		for _, kind := range []string{"trade", "signcustomer"} {
			_, raw := get(t, b.bill(t, kind, "2026-11-24", token).BillDownloadURL)
			for name, text := range unpack(t, raw) {
				listed := strings.Contains(text, want[1]) || strings.Contains(name, "汇总")
				if !strings.Contains(text, "#账号：["+want[0]+"0156]") || !listed || strings.Contains(text, want[2]) {
					t.Errorf("%s of %s: %s", name, want[0], text)
				}
			}
		}
	}
}

func TestAnAlteredBillFailsItsChecksum(t *testing.T) {
	b := setup(t, trade.PublicKey)
	b.smallDay(t)
	b.planBill(t, trade.WrongHash)
	raw := b.fetch(t, "trade", tuesday)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); !errors.Is(err, zip.ErrChecksum) {
			t.Errorf("%v, want a wrong checksum", err)
		}
	}
	if funds := b.files(t, "signcustomer", tuesday); len(funds) != 1 {
		t.Error("the funds' bill is not whole")
	}
}

func (b *box) planBill(t *testing.T, f trade.BillFault, change ...func(*trade.BillPlan)) trade.BillPlan {
	t.Helper()
	p := trade.BillPlan{Channel: app.Alipay, Account: b.merchant.ID, Day: tuesday, Fault: f}
	for _, c := range change {
		c(&p)
	}
	made, err := b.trades.PlanBillFault(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
