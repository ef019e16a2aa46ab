package alipay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

const fileID = "1e4f8a0c5b5d4f7e9b1f1f0a7a3d2c6b"

func download(ctx context.Context, c channel.Client, kind channel.BillKind, w io.Writer) error {
	_, err := c.(channel.BillDownloader).DownloadBill(ctx, channel.BillRequest{Kind: kind, Day: "2026-11-24"}, w)
	return err
}

// billServer answers the question for an address, and the address with a file.
type billServer struct {
	address string // {host} stands for the server
	file    http.Handler

	mu      sync.Mutex
	asked   []string // business contents
	tokens  []string
	fetched []*http.Request
}

func (s *billServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet {
		s.fetched = append(s.fetched, r)
		s.file.ServeHTTP(w, r)
		return
	}
	s.asked = append(s.asked, r.PostFormValue("method")+" "+r.PostFormValue("biz_content"))
	s.tokens = append(s.tokens, r.PostFormValue("app_auth_token"))
	content := fmt.Sprintf(`{"code":"10000","msg":"Success","bill_download_url":%q}`, strings.ReplaceAll(s.address, "{host}", r.Host))
	_, _ = io.WriteString(w, signedBy(alipayKey(), content)(nodeOf(r)))
}

func newBillServer(raw []byte) *billServer {
	return &billServer{
		address: "http://{host}/downloadBillFile.resource?bizType=trade&fileId=" + fileID,
		file:    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(raw) }),
	}
}

func TestDownload(t *testing.T) {
	raw := channeltest.File(t, "bill_trade.csv.zip")
	for name, open := range accounts {
		if strings.Contains(name, "certificate") {
			continue // the conformance suite has them
		}
		for kind, billType := range map[channel.BillKind]string{channel.BillTrades: "trade", channel.BillFunds: "signcustomer"} {
			s := newBillServer(raw)
			var got bytes.Buffer
			var made []channel.Exchange
			ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) { made = append(made, e) })
			file, err := openAs(t, open(), s).(channel.BillDownloader).DownloadBill(ctx, channel.BillRequest{Kind: kind, Day: "2026-11-24"}, &got)
			if err != nil || !bytes.Equal(got.Bytes(), raw) {
				t.Fatalf("%s: %d bytes, %v", name, got.Len(), err)
			}
			pid, auth := sellerID, ""
			if strings.HasPrefix(name, "partner") {
				pid, auth = subSeller, token
			}
			want := channel.BillFile{Name: "alipay_" + pid + "_20261124_" + string(kind) + ".zip", Format: channel.BillZip, Size: int64(len(raw))}
			if file != want {
				t.Errorf("%+v, want %+v", file, want)
			}
			asked := `alipay.data.dataservice.bill.downloadurl.query {"bill_date":"2026-11-24","bill_type":"` + billType + `"}`
			if s.asked[0] != asked || s.tokens[0] != auth || len(s.fetched) != 1 || s.fetched[0].Header.Get("Authorization") != "" {
				t.Errorf("asked %q with token %q, fetched %d", s.asked, s.tokens, len(s.fetched))
			}
			if len(made) != 2 || made[0].Operation != "bill" || made[1].Operation != "bill" || made[1].Response != fmt.Sprintf("%d bytes", len(raw)) {
				t.Fatalf("recorded %+v", made)
			}
			if text := fmt.Sprintf("%+v", made); strings.Contains(text, fileID) {
				t.Errorf("recorded %s", text)
			}
		}
	}
}

// TestDownloadGoesWrong: a file that nobody signs can be another one, or none.
func TestDownloadGoesWrong(t *testing.T) {
	zip := channeltest.File(t, "bill_trade.csv.zip")
	page := func(kind string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, "<html>链接已失效</html>")
		})
	}
	for name, c := range map[string]struct {
		file http.Handler
		kind channel.Kind
		code string
	}{
		"a page":        {page("text/html; charset=GBK"), channel.KindUnknown, ""},
		"a page as zip": {page("application/zip"), channel.KindCorrupt, channel.CodeBillPacking},
		"nothing":       {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/zip") }), channel.KindCorrupt, channel.CodeBillPacking},
		"a 404":         {http.NotFoundHandler(), channel.KindUnknown, ""},
		"elsewhere":     {http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound), channel.KindUnknown, ""},
		"hangs up within": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(zip)))
			_, _ = w.Write(zip[:len(zip)/2])
		}), channel.KindUnknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBillServer(nil)
			s.file = c.file
			var made []channel.Exchange
			ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) { made = append(made, e) })
			err := download(ctx, openAt(t, s), channel.BillTrades, io.Discard)
			var said *channel.Error
			if !errors.As(err, &said) || said.Kind != c.kind || (c.code != "" && said.Code != c.code) {
				t.Errorf("%v, want %s %s", err, c.kind, c.code)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, made), fileID) || len(made) != 2 {
				t.Errorf("%v, recorded %+v", err, made)
			}
		})
	}
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	err := download(t.Context(), openAt(t, &billServer{address: down.URL + "/?fileId=" + fileID}), channel.BillTrades, io.Discard)
	if channel.KindOf(err) != channel.KindUnknown {
		t.Errorf("another port: %v", err)
	}
	full := errors.New("no space left on device")
	if err := download(t.Context(), openAt(t, newBillServer(zip)), channel.BillTrades, writer(func([]byte) (int, error) { return 0, full })); err != full {
		t.Errorf("%v, want the disk's own error", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// TestDownloadAddresses: nothing is fetched from where the answer wants but the
// gateway's host, or Alipay's where the gateway is.
func TestDownloadAddresses(t *testing.T) {
	for _, address := range []string{
		"file:///etc/passwd", "ftp://{host}/", "//{host}/", "/downloadBillFile.resource", "http://a@{host}/", "http://169.254.169.254/latest/",
		"http://localhost/", "https://dwbillcenter.alipay.com/downloadBillFile.resource", "http://{host}.alipay.com/", "http://%zz/",
	} {
		s := newBillServer(nil)
		s.address = address
		err := download(t.Context(), openAt(t, s), channel.BillTrades, io.Discard)
		var said *channel.Error
		if !errors.As(err, &said) || said.Kind != channel.KindUnknown || said.Code != channel.CodeBillHost || len(s.fetched) != 0 {
			t.Errorf("%q: %v, fetched %d", address, err, len(s.fetched))
		}
	}
	err := download(t.Context(), openAt(t, &billServer{}), channel.BillTrades, io.Discard)
	if channel.KindOf(err) != channel.KindUnknown || !errors.Is(err, channel.ErrUnreadable) {
		t.Errorf("no address: %v", err)
	}
}

// asAlipay is a transport that plays Alipay's hosts.
type asAlipay struct {
	address string
	hosts   []string
}

func (a *asAlipay) RoundTrip(r *http.Request) (*http.Response, error) {
	a.hosts = append(a.hosts, r.URL.Scheme+"://"+r.URL.Host)
	answered := httptest.NewRecorder()
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(answered, "PK\x03\x04 and so on")
		return answered.Result(), nil
	}
	s := billServer{address: a.address}
	s.ServeHTTP(answered, r)
	return answered.Result(), nil
}

// TestDownloadFromAlipay: with Alipay's own gateway the hosts are its own.
func TestDownloadFromAlipay(t *testing.T) {
	for address, good := range map[string]bool{
		"http://dwbillcenter.alipay.com/downloadBillFile.resource?fileId=1":  true,
		"https://dwbillcenter.alipay.com/downloadBillFile.resource?fileId=1": true,
		"https://openapi.alipay.com/bill":                                    true, "http://openapi.alipay.com/bill": false,
		"https://alipay.com.example.com/bill": false, "https://evilalipay.com/bill": false, "https://dwbillcenter.alipay.com:8443/bill": false,
		"http://127.0.0.1/bill": false,
	} {
		a := accounts["key"]()
		a.Gateway = "https://openapi.alipay.com/gateway.do"
		play := &asAlipay{address: address}
		c, err := alipay.New(play, app.SystemClock{}).Open(a)
		if err != nil {
			t.Fatal(err)
		}
		err = download(t.Context(), c, channel.BillTrades, io.Discard)
		if (err == nil) != good || (len(play.hosts) == 2) != good {
			t.Errorf("%s: %v, asked %q", address, err, play.hosts)
		}
	}
}

// fixed is a clock that stands.
type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

// TestBillsThatAreNotThere: Alipay has one word for a bill to come and one that
// never will; the time of day tells them apart.
func TestBillsThatAreNotThere(t *testing.T) {
	const never, bad = "isp.bill_not_exist", "isv.invalid_arguments"
	for _, c := range []struct {
		at, code, message string
		want              channel.Kind
	}{
		{"2026-11-24 20:00:00", bad, "不能是当天", channel.KindNotReady},
		{"2026-11-25 00:00:00", bad, "参数有误", channel.KindRefused},
		{"2026-11-25 00:00:00", never, "账单不存在", channel.KindNotReady},
		{"2026-11-25 11:59:59", never, "账单不存在", channel.KindNotReady},
		{"2026-11-25 12:00:00", never, "账单不存在", channel.KindNoBill},
		{"2026-11-27 12:00:00", never, "账单尚未生成", channel.KindNotReady},
		{"2026-12-24 12:00:00", never, "账单不存在", channel.KindNoBill},
		{"2026-11-25 09:00:00", "isp.unknow-error", "系统繁忙", channel.KindUnknown},
		{"2026-11-25 09:00:00", "isv.insufficient-isv-permissions", "权限不足", channel.KindRefused},
	} {
		now, err := time.ParseInLocation(time.DateTime, c.at, app.Beijing)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(reply(200, signedBy(alipayKey(), fmt.Sprintf(`{"code":"40004","msg":"Business Failed","sub_code":%q,"sub_msg":%q}`, c.code, c.message))))
		a := accounts["key"]()
		a.Gateway = server.URL + "/gateway.do"
		client, err := alipay.New(channel.NewTransport(), fixed(now)).Open(a)
		if err != nil {
			t.Fatal(err)
		}
		err = download(t.Context(), client, channel.BillTrades, io.Discard)
		var said *channel.Error
		if !errors.As(err, &said) || said.Kind != c.want || said.Code != c.code {
			t.Errorf("%s at %s: %v, want %s", c.code, c.at, err, c.want)
		}
		server.Close()
	}
}
