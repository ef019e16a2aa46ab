package sandbox_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	smartwalle "github.com/smartwalle/alipay/v3"
	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/sandbox"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// standing is a clock that a test moves: files written at one moment are the
// same. It begins when the test does, for the SDKs sign by the machine's.
type standing struct {
	mu  sync.Mutex
	now time.Time
}

func (s *standing) Now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

// teller is a merchant whose bills are fetched over HTTP by an SDK.
type teller struct {
	script
	box     *sandbox.Server
	m       trade.Merchant
	day     app.Day
	names   []string // of what each run numbers anew, in pairs
	fetch   func(t *teller, kind string) (texts []string, raw []byte)
	unready func(t *teller) string
}

// open runs a sandbox with a merchant of the channel and a day of three
// payments and a refund.
func openTeller(t *testing.T, channel app.Channel) *teller {
	t.Helper()
	clock := &standing{now: time.Now().UTC().Truncate(time.Second)}
	server, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox(), dbtest.WithClock(clock)), func(c *sandbox.Config) {
		c.Clock, c.SameDayBills, c.Unlimited = clock, true, true
	})
	b := &teller{script: script{t: t, origin: origin}, box: server, day: app.DayOf(clock.now), fetch: fromWeChat, unready: weChatSays}
	if channel == app.Alipay {
		b.fetch, b.unready = fromAlipay, alipaySays
	}
	ctx := t.Context()
	var err error
	if b.m, err = server.Trades().OpenMerchant(ctx, channel, trade.PublicKey); err != nil {
		t.Fatal(err)
	}
	b.names = []string{b.m.ID, "{merchant}", b.m.AppID, "{app}", trade.PayerOf(channel, b.m.AppID), "{payer}", string(b.day), "{day}", string(b.day.Add(-1)), "{day before}"}
	if b.m.SellerID != "" {
		b.names = append(b.names, b.m.SellerID, "{pid}")
	}
	for i, fen := range []app.Money{12_00, 888_80, 5} {
		number := fmt.Sprintf("order_%d", i+1)
		o, _, err := server.Trades().Create(ctx, trade.Order{
			Merchant: b.m, AppID: b.m.AppID, OutTradeNo: number, TradeType: "NATIVE", Subject: "茶", Amount: fen,
			Code: number, Fingerprint: "f", Extra: "{}", ExpiresAt: clock.now.Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		paid, err := server.Trades().Pay(ctx, o.Code)
		if err != nil {
			t.Fatal(err)
		}
		b.names = append(b.names, paid.ChannelTradeNo, "{trade "+number+"}")
		if number == "order_2" {
			r, _, err := server.Trades().Refund(ctx, trade.RefundOrder{Trade: paid, OutRefundNo: "refund_1", Amount: 88_80, Instant: true})
			if err != nil {
				t.Fatal(err)
			}
			b.names = append(b.names, r.ChannelRefundNo, "{refund_1}")
		}
		clock.mu.Lock()
		clock.now = clock.now.Add(time.Millisecond)
		clock.mu.Unlock()
	}
	return b
}

func getBytes(t *testing.T, c *http.Client, address string) []byte {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: HTTP %d %s, %v", address, resp.StatusCode, raw, err)
	}
	return raw
}

// weChat is the official SDK as the merchant has it, for answers that are signed
// and those that are not.
func (b *teller) weChat() (signed, bare *core.Client) {
	b.t.Helper()
	key, err := utils.LoadPrivateKey(b.m.WeChat.PrivateKey)
	if err != nil {
		b.t.Fatal(err)
	}
	public, err := utils.LoadPublicKey(b.m.WeChat.PublicKey)
	if err != nil {
		b.t.Fatal(err)
	}
	hc := option.WithHTTPClient(&http.Client{Transport: host(strings.TrimPrefix(b.origin, "http://")), Timeout: 10 * time.Second})
	signed, err = core.NewClient(b.t.Context(), hc,
		option.WithWechatPayPublicKeyAuthCipher(b.m.ID, b.m.WeChat.SerialNo, key, b.m.WeChat.PublicKeyID, public))
	if err != nil {
		b.t.Fatal(err)
	}
	bare, err = core.NewClient(b.t.Context(), hc, option.WithMerchantCredential(b.m.ID, b.m.WeChat.SerialNo, key), option.WithoutValidator())
	if err != nil {
		b.t.Fatal(err)
	}
	return signed, bare
}

const weChatBills = "https://api.mch.weixin.qq.com/v3/bill/"

func fromWeChat(b *teller, kind string) (texts []string, raw []byte) {
	b.t.Helper()
	path := "tradebill?bill_type=ALL&bill_date=" + string(b.day)
	if kind == "funds" {
		path = "fundflowbill?account_type=BASIC&bill_date=" + string(b.day)
	}
	signed, bare := b.weChat()
	answered, err := signed.Get(b.t.Context(), weChatBills+path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answered.Response.Body.Close()
	var at struct {
		Hash string `json:"hash_value"`
		URL  string `json:"download_url"`
	}
	if err := json.NewDecoder(answered.Response.Body).Decode(&at); err != nil {
		b.t.Fatal(err)
	}
	file, err := bare.Get(b.t.Context(), at.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	defer file.Response.Body.Close()
	if raw, err = io.ReadAll(file.Response.Body); err != nil {
		b.t.Fatal(err)
	}
	sum := sha1.Sum(raw)
	text := string(raw)
	if hex.EncodeToString(sum[:]) != at.Hash {
		text += "the SHA1 does not fit\n"
	}
	return []string{text}, raw
}

func weChatSays(b *teller) string {
	signed, _ := b.weChat()
	_, err := signed.Get(b.t.Context(), weChatBills+"tradebill?bill_date="+string(b.day))
	var refused *core.APIError
	if !errors.As(err, &refused) {
		return fmt.Sprint(err)
	}
	return refused.Code
}

func (b *teller) alipay(kind string) *smartwalle.BillDownloadURLQueryRsp {
	b.t.Helper()
	c, err := smartwalle.New(b.m.ID, b.m.Alipay.AppPrivateKey, false,
		smartwalle.WithSandboxGateway(b.origin+"/sandbox/alipay/gateway.do"), smartwalle.WithHTTPClient(&http.Client{Timeout: 10 * time.Second}))
	if err == nil {
		err = c.LoadAliPayPublicKey(b.m.Alipay.AlipayPublicKey)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	rsp, err := c.BillDownloadURLQuery(context.Background(), smartwalle.BillDownloadURLQuery{BillType: kind, BillDate: string(b.day)})
	if err != nil {
		b.t.Fatal(err)
	}
	return rsp
}

func fromAlipay(b *teller, kind string) (texts []string, raw []byte) {
	b.t.Helper()
	rsp := b.alipay(map[string]string{"trades": "trade", "funds": "signcustomer"}[kind])
	raw = getBytes(b.t, http.DefaultClient, rsp.BillDownloadURL)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			b.t.Fatal(err)
		}
		text, broken := io.ReadAll(r)
		if text, err = simplifiedchinese.GBK.NewDecoder().Bytes(text); err != nil {
			b.t.Fatal(err)
		}
		if broken != nil {
			text = append(text, "the checksum does not fit\n"...)
		}
		texts = append(texts, string(text))
	}
	return texts, raw
}

func alipaySays(b *teller) string { return b.alipay("trade").SubCode }

var (
	flowNumber = regexp.MustCompile(`\b4300\d{24}\b`)
	clockTime  = regexp.MustCompile(`\d\d:\d\d:\d\d`)
	posNumber  = regexp.MustCompile(`\bPOS\d{18}\b`)
	anyTrade   = regexp.MustCompile(`\b(420000\d{22}|\d{8}22001\d{15})\b`)
	evenCount  = regexp.MustCompile("`(\\d+)\\.0(,|\r|$)") // on odd days WeChat counts 12.0
	stranger   = regexp.MustCompile(`\b(16\d{8}|2088\d{12})(0156)?\b`)
)

// plain gives the names that last to what each run numbers anew.
func (b *teller) plain(text string) string {
	text = strings.NewReplacer(b.names...).Replace(text)
	text = strings.ReplaceAll(text, b.day.Start().Format("2006年01月02日"), "{day}")
	text = strings.ReplaceAll(text, b.day.Next().Start().Format("2006年01月02日"), "{day after}")
	text = strings.ReplaceAll(text, b.day.Add(-1).Start().Format("2006年01月02日"), "{day before}")
	for re, name := range map[*regexp.Regexp]string{
		flowNumber: "{flow}", clockTime: "{time}", posNumber: "{pos}", anyTrade: "{trade}", stranger: "{stranger}",
	} {
		text = re.ReplaceAllString(text, name)
	}
	return evenCount.ReplaceAllString(evenCount.ReplaceAllString(text, "`$1$2"), "`$1$2")
}

// unbalanced hides the balance after a movement, which follows from all before
// it.
func unbalanced(line string) string {
	cells := strings.Split(line, ",")
	if at := map[int]int{11: 7, 12: 8}[len(cells)]; at > 0 && strings.Contains(line, "{flow}") {
		cells[at] = "{balance}"
	}
	return strings.Join(cells, ",")
}

// lines are those of both bills, as far as they can be compared between runs.
func (b *teller) lines() (lines []string, raw []byte) {
	for _, kind := range []string{"trades", "funds"} {
		texts, bytes := b.fetch(b, kind)
		raw = append(raw, bytes...)
		for _, text := range texts {
			for line := range strings.Lines(b.plain(text)) {
				lines = append(lines, unbalanced(strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "\ufeff")))
			}
		}
	}
	return lines, raw
}

// difference is what is no longer there and what is new.
func difference(before, after []string) []string {
	left := slices.Clone(after)
	var diff []string
	for _, line := range before {
		if i := slices.Index(left, line); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			diff = append(diff, "- "+line)
		}
	}
	for _, line := range left {
		diff = append(diff, "+ "+line)
	}
	return diff
}

// TestABillFaultChangesWhatItSays compares, over HTTP and with the SDKs, what
// each fault does to both bills of a day; testdata/bill_faults.txt says what it
// must be. The same file comes at the second download, and the true one when
// the fault is cancelled.
func TestABillFaultChangesWhatItSays(t *testing.T) {
	want, err := os.ReadFile("testdata/bill_faults.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, channel := range []app.Channel{app.WeChat, app.Alipay} {
		b := openTeller(t, channel)
		before, raw := b.lines()
		for _, plan := range []map[string]any{
			{"fault": "missing_row"}, {"fault": "missing_row", "number": "refund_1"}, {"fault": "extra_row", "delta": 4200},
			{"fault": "extra_row", "delta": 4200, "number": "att_01KAV5S7Q4M0N2ZC0VY6X3W8RD"}, {"fault": "duplicate"}, {"fault": "amount"},
			{"fault": "amount", "number": "refund_1", "delta": -80}, {"fault": "fee", "delta": 3}, {"fault": "rate"},
			{"fault": "status"}, {"fault": "status", "number": "refund_1"}, {"fault": "wrong_summary"}, {"fault": "wrong_account"},
			{"fault": "wrong_day"}, {"fault": "funds_missing_row"}, {"fault": "funds_amount", "number": "refund_1"}, {"fault": "wrong_hash"},
		} {
			if channel == app.Alipay && plan["fault"] == "status" {
				continue // its bills have no column for it
			}
			title := fmt.Sprintf("%s: %s %v %v", channel, plan["fault"], plan["number"], plan["delta"])
			fmt.Fprintln(&got, strings.Join(strings.Fields(strings.ReplaceAll(title, "<nil>", "")), " "))
			plan["channel"], plan["account"], plan["day"] = channel, b.m.ID, b.day
			made := b.call("POST", "/sandbox/bill-faults", plan, 201)
			after, spoiled := b.lines()
			for _, line := range difference(before, after) {
				fmt.Fprintln(&got, strings.ReplaceAll(line, "\t", "⇥"))
			}
			if _, again := b.lines(); !bytes.Equal(again, spoiled) {
				t.Errorf("%s %s: the second download is another file", channel, plan["fault"])
			}
			b.call("DELETE", "/sandbox/bill-faults/"+made["id"].(string), nil, 200)
			if _, now := b.lines(); !bytes.Equal(now, raw) {
				t.Errorf("%s %s: cancelled, the file is not the true one", channel, plan["fault"])
			}
			for _, name := range []string{"channel", "account", "day"} {
				delete(plan, name)
			}
		}
	}
	if got.String() != string(want) {
		t.Errorf("the faults change:\n%s\nwant\n%s", got.String(), want)
	}
}

func TestATruncatedBillBreaksOffWithinARow(t *testing.T) {
	for _, channel := range []app.Channel{app.WeChat, app.Alipay} {
		b := openTeller(t, channel)
		whole, _ := b.fetch(b, "trades")
		funds, _ := b.fetch(b, "funds")
		b.call("POST", "/sandbox/bill-faults", map[string]any{"channel": channel, "account": b.m.ID, "day": b.day, "fault": "truncated"}, 201)
		cut, once := b.fetch(b, "trades")
		if !strings.HasPrefix(whole[0], cut[0]) || len(cut[0]) < 300 || strings.HasSuffix(cut[0], "\n") || strings.Contains(cut[0], "does not fit") {
			t.Errorf("%s: %q", channel, cut[0])
		}
		if _, again := b.fetch(b, "trades"); !bytes.Equal(once, again) {
			t.Errorf("%s: it breaks off elsewhere", channel)
		}
		if now, _ := b.fetch(b, "funds"); now[0] != funds[0] {
			t.Errorf("%s: the funds' bill breaks off too", channel)
		}
	}
}

func TestABillThatIsNotReadyIsRefusedAsOftenAsPlanned(t *testing.T) {
	for channel, want := range map[app.Channel]string{app.WeChat: "STATEMENT_CREATING", app.Alipay: "isp.bill_not_exist"} {
		b := openTeller(t, channel)
		b.call("POST", "/sandbox/bill-faults", map[string]any{"channel": channel, "account": b.m.ID, "day": b.day, "fault": "not_ready", "count": 2}, 201)
		for range 2 {
			if said := b.unready(b); said != want {
				t.Errorf("%s: %s, want %s", channel, said, want)
			}
		}
		if lines, _ := b.lines(); len(lines) == 0 {
			t.Errorf("%s: the third time there is no bill", channel)
		}
	}
}
