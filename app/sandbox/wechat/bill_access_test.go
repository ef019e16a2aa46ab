package wechat_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/sandbox/wechat"
)

// TestTheOfficialSDKDownloadsBills with its own signatures and verification.
func TestTheOfficialSDKDownloadsBills(t *testing.T) {
	for _, mode := range []trade.Mode{trade.PublicKey, trade.Certificate} {
		t.Run(string(mode), func(t *testing.T) {
			b := one(t, mode)
			now := b.clock.Now()
			b.clock.set(now.AddDate(0, 0, -2)) // its bill is there at any hour
			b.sold(t, "order-1", 100, trade.SubMerchant{})
			day := app.DayOf(b.clock.Now())
			b.clock.set(now)
			s := newSDK(t, b)
			for _, path := range []string{tradeBills, fundBills} {
				result, err := s.client.Get(t.Context(), "https://api.mch.weixin.qq.com"+path+"?tar_type=GZIP&bill_date="+string(day))
				if err != nil {
					t.Fatal(err)
				}
				var a billAnswer
				if err := core.UnMarshalResponse(result.Response, &a); err != nil {
					t.Fatal(err)
				}
				file, err := b.downloader(t).Get(t.Context(), a.DownloadURL)
				if err != nil {
					t.Fatal(err)
				}
				packed, err := io.ReadAll(file.Response.Body)
				if err != nil {
					t.Fatal(err)
				}
				sum := sha1.Sum(unpacked(t, ofDay("", "tar_type", "GZIP"), packed))
				if hex.EncodeToString(sum[:]) != a.HashValue {
					t.Errorf("%s: the hash is %x, announced is %s", path, sum, a.HashValue)
				}
			}
			_, err := s.client.Get(t.Context(), "https://api.mch.weixin.qq.com"+tradeBills+"?bill_date="+string(day.Add(-1)))
			wantAPIError(t, err, http.StatusBadRequest, "NO_STATEMENT_EXIST")
		})
	}
}

// downloader is the SDK's client that signs and does not verify, as downloads
// want it.
func (b *box) downloader(t *testing.T) *core.Client {
	t.Helper()
	key, err := utils.LoadPrivateKey(b.merchant.WeChat.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	client, err := core.NewClient(context.Background(),
		option.WithMerchantCredential(b.merchant.ID, b.merchant.WeChat.SerialNo, key), option.WithoutValidator())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestABillThatCannotBeHadIsRefusedInTheChannelsWords(t *testing.T) {
	b := one(t, trade.PublicKey)
	b.aDay(t)
	b.clock.set(moment(t, "2026-11-25 09:59:59"))
	for name, c := range map[string]struct {
		path  string
		query url.Values
		code  string
		field string
	}{
		"no date":                {tradeBills, url.Values{}, "PARAM_ERROR", "/bill_date"},
		"a compact date":         {tradeBills, ofDay("20261123"), "PARAM_ERROR", "/bill_date"},
		"a day there is not":     {fundBills, ofDay("2026-11-31"), "PARAM_ERROR", "/bill_date"},
		"another type":           {tradeBills, ofDay("2026-11-23", "bill_type", "all"), "PARAM_ERROR", "/bill_type"},
		"another packing":        {tradeBills, ofDay("2026-11-23", "tar_type", "ZIP"), "PARAM_ERROR", "/tar_type"},
		"another account":        {fundBills, ofDay("2026-11-23", "account_type", "CASH"), "PARAM_ERROR", "/account_type"},
		"operation account":      {fundBills, ofDay("2026-11-23", "account_type", "OPERATION"), "NO_STATEMENT_EXIST", ""},
		"fees account":           {fundBills, ofDay("2026-11-23", "account_type", "FEES"), "NO_STATEMENT_EXIST", ""},
		"a day of rest":          {tradeBills, ofDay("2026-11-21"), "NO_STATEMENT_EXIST", ""},
		"its money":              {fundBills, ofDay("2026-11-21"), "NO_STATEMENT_EXIST", ""},
		"no refund that day":     {tradeBills, ofDay("2026-11-22", "bill_type", "REFUND"), "NO_STATEMENT_EXIST", ""},
		"yesterday before ten":   {tradeBills, ofDay("2026-11-24"), "STATEMENT_CREATING", ""},
		"yesterday's money":      {fundBills, ofDay("2026-11-24"), "STATEMENT_CREATING", ""},
		"today":                  {tradeBills, ofDay("2026-11-25"), "STATEMENT_CREATING", ""},
		"tomorrow":               {tradeBills, ofDay("2026-11-26"), "INVALID_REQUEST", ""},
		"more than three months": {tradeBills, ofDay("2026-08-24"), "INVALID_REQUEST", ""},
		"three months":           {tradeBills, ofDay("2026-08-25"), "NO_STATEMENT_EXIST", ""},
	} {
		got := b.get(t, c.path, c.query)
		if got.status != http.StatusBadRequest || got.Code != c.code || got.Detail.Field != c.field || !got.verified {
			t.Errorf("%s: %d %s, verified %v; want %s %s", name, got.status, got.body, got.verified, c.code, c.field)
		}
	}
	b.clock.set(moment(t, "2026-11-25 10:00:00"))
	if text := b.bill(t, tradeBills, ofDay("2026-11-24")); strings.Count(text, "\r\n") != 4 {
		t.Errorf("yesterday at ten: %s", text)
	}
}

func TestADownloadAddressIsOneMerchantsForFiveMinutes(t *testing.T) {
	b := one(t, trade.PublicKey)
	b.aDay(t)
	b.clock.set(moment(t, "2026-11-25 10:00:00"))
	address := b.apply(t, tradeBills, ofDay("2026-11-23")).DownloadURL
	want := func(what, address string, status int, code string) {
		t.Helper()
		got, _, body, err := b.fetch(t, address)
		var said struct{ Code string }
		if err == nil && got != http.StatusOK {
			err = json.Unmarshal(body, &said)
		}
		if err != nil || got != status || said.Code != code {
			t.Errorf("%s: %d %s (%v), want %d %s", what, got, body, err, status, code)
		}
	}
	want("itself", address, http.StatusOK, "")
	if want := b.origin + mount + billDownloads + "?token="; !strings.HasPrefix(address, want) {
		t.Errorf("the address is %s, want %s", address, want)
	}
	b.origin = strings.Replace(b.origin, "127.0.0.1", "localhost", 1)
	other := b.apply(t, tradeBills, ofDay("2026-11-23")).DownloadURL
	if !strings.HasPrefix(other, b.origin+mount+billDownloads) {
		t.Errorf("asked under another name, the address is %s", other)
	}
	b.origin = strings.Replace(b.origin, "localhost", "127.0.0.1", 1)
	want("no token", b.origin+mount+billDownloads, http.StatusBadRequest, "INVALID_REQUEST")
	want("nonsense", b.origin+mount+billDownloads+"?token=x", http.StatusBadRequest, "INVALID_REQUEST")
	prefix, token, _ := strings.Cut(address, "token=")
	for _, at := range []int{0, len(token) / 2, len(token) - 2} {
		other := byte('A')
		if token[at] == other {
			other = 'B'
		}
		want(fmt.Sprint("altered at ", at), prefix+"token="+token[:at]+string(other)+token[at+1:], http.StatusBadRequest, "INVALID_REQUEST")
	}
	bare := b.send(t, raw{method: http.MethodGet, uri: strings.TrimPrefix(address, b.origin), header: map[string]string{"Authorization": ""}})
	if bare.status != http.StatusUnauthorized || bare.Code != "SIGN_ERROR" {
		t.Errorf("without a signature: %d %s", bare.status, bare.body)
	}
	var err error
	mine := b.merchant
	if b.merchant, err = b.trades.OpenMerchant(t.Context(), app.WeChat, trade.PublicKey); err != nil {
		t.Fatal(err)
	}
	want("another merchant's", address, http.StatusForbidden, "NO_AUTH")
	b.merchant = mine
	b.clock.advance(5 * time.Minute)
	want("after five minutes", address, http.StatusOK, "")
	b.clock.advance(time.Second)
	want("later", address, http.StatusBadRequest, "INVALID_REQUEST")
}

// Behind a proxy that takes TLS off, the address is the one outside.
func TestADownloadAddressHasTheSchemeOutside(t *testing.T) {
	b := one(t, trade.PublicKey, func(c *wechat.Config) { c.URL = strings.Replace(c.URL, "http:", "https:", 1) })
	b.aDay(t)
	address := b.apply(t, tradeBills, ofDay("2026-11-23")).DownloadURL
	if want := strings.Replace(b.origin, "http:", "https:", 1) + mount + billDownloads; !strings.HasPrefix(address, want) {
		t.Errorf("the address is %s, want %s", address, want)
	}
}

func TestBillsHaveAQuota(t *testing.T) {
	b := one(t, trade.PublicKey, func(c *wechat.Config) { c.Unlimited = false })
	var limited atomic.Int32
	var all sync.WaitGroup
	for range 160 {
		all.Go(func() {
			if got := b.get(t, tradeBills, ofDay("2026-11-23", "bill_type", "none")); got.status == http.StatusTooManyRequests {
				limited.Add(1)
			}
		})
	}
	all.Wait()
	if limited.Load() == 0 {
		t.Error("160 calls at once, and none was limited")
	}
}

func TestAProviderGetsTheBillsOfItsMerchants(t *testing.T) {
	b := one(t, trade.Certificate)
	ctx := t.Context()
	b.clock.set(moment(t, "2026-11-23 12:00:00"))
	var subs [2]trade.SubMerchant
	for i := range subs {
		var err error
		if subs[i], err = b.trades.OpenSubMerchant(ctx, app.WeChat, b.merchant.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.sold(t, "order-1", 100, subs[0])
	b.gaveBack(t, b.sold(t, "order-2", 200, subs[1]), "refund-1", 200)
	b.clock.set(moment(t, "2026-11-24 10:00:00"))
	rows := func(query url.Values) (got []string) {
		lines := strings.Split(b.bill(t, tradeBills, query), "\r\n")
		for _, line := range lines[1 : len(lines)-3] {
			cells := strings.Split(line[1:], ",`")
			if cells[1] != b.merchant.AppID || cells[2] != b.merchant.ID {
				t.Errorf("the provider of %s", line)
			}
			got = append(got, cells[3]+" "+cells[6]+" "+cells[9])
		}
		return got
	}
	first, second, refund := subs[0].ID+" order-1 SUCCESS", subs[1].ID+" order-2 SUCCESS", subs[1].ID+" order-2 REFUND"
	if got, want := rows(ofDay("2026-11-23")), []string{first, second, refund}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("all: %q, want %q", got, want)
	}
	if got, want := rows(ofDay("2026-11-23", "sub_mchid", subs[1].ID)), []string{second, refund}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the second: %q, want %q", got, want)
	}
	if got := b.get(t, tradeBills, ofDay("2026-11-23", "sub_mchid", "1799999999")); got.status != http.StatusForbidden || got.Code != "NO_AUTH" {
		t.Errorf("a stranger's: %d %s", got.status, got.body)
	}
	if got := b.get(t, fundBills, ofDay("2026-11-23")); got.Code != "NO_STATEMENT_EXIST" {
		t.Errorf("the provider's own balance moved: %s", got.body)
	}
}

// A till's reversal is no refund of the merchant's.
func TestAReversedPaymentIsRevokedInTheBill(t *testing.T) {
	b := one(t, trade.PublicKey)
	b.clock.set(moment(t, "2026-11-23 12:00:00"))
	if _, _, err := b.trades.Reverse(t.Context(), b.sold(t, "order-1", 1000, trade.SubMerchant{})); err != nil {
		t.Fatal(err)
	}
	b.clock.set(moment(t, "2026-11-24 10:00:00"))
	text := b.bill(t, tradeBills, ofDay("2026-11-23"))
	if !strings.Contains(text, "`NATIVE,`SUCCESS,") || !strings.Contains(text, "`NATIVE,`REVOKED,") || strings.Contains(text, "`REFUND,") {
		t.Error(text)
	}
}

// The file that is downloaded is the one whose hash was told, though the day
// goes on.
func TestAFileOfTodayIsAsItWasWhenAskedFor(t *testing.T) {
	c := &clock{}
	d := dbtest.OpenSQLite(t, dbtest.WithSandbox(), dbtest.WithClock(c))
	b := startWith(t, d, c, trade.PublicKey, trade.Config{SameDayBills: true})
	b.clock.set(moment(t, "2026-11-23 12:00:00"))
	b.sold(t, "order-1", 1000, trade.SubMerchant{})
	b.clock.advance(time.Second)
	today := string(app.DayOf(b.clock.Now()))
	a := b.apply(t, tradeBills, ofDay(today))
	b.clock.advance(time.Second)
	b.sold(t, "order-2", 1000, trade.SubMerchant{})
	_, _, body, err := b.fetch(t, a.DownloadURL)
	if sum := sha1.Sum(body); err != nil || hex.EncodeToString(sum[:]) != a.HashValue {
		t.Errorf("the file changed after its hash was told: %v\n%s", err, body)
	}
	if text := b.bill(t, tradeBills, ofDay(today)); !strings.Contains(text, "order-2") {
		t.Errorf("asked again: %s", text)
	}
}

// A file that cannot be written to its end must not look like a whole one.
func TestAFileThatFailsBreaksOff(t *testing.T) {
	b := one(t, trade.PublicKey)
	b.aDay(t)
	a := b.apply(t, tradeBills, ofDay("2026-11-23"))
	if err := b.database.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _, body, err := b.fetch(t, a.DownloadURL); err == nil {
		t.Errorf("%d %q: want an end that is no end", status, body)
	}
}
