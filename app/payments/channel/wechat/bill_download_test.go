package wechat_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

const secretToken = "6XIv5TUPto7pByrTQKhd6kwvyKLG2uY2wMMR8cNXqaA_Cv_isgaUtBzp4QtiozLO"

func download(ctx context.Context, c channel.Client, kind channel.BillKind, w io.Writer) error {
	_, err := c.(channel.BillDownloader).DownloadBill(ctx, channel.BillRequest{Kind: kind, Day: "2026-11-24"}, w)
	return err
}

// billServer answers an application with an address and a hash, and the address
// with a file.
type billServer struct {
	hash     string
	hashType string
	address  string       // {host} stands for the server
	file     http.Handler // nil is not asked for

	mu       sync.Mutex
	applied  []*http.Request
	fetched  []*http.Request
	unwanted []string
}

func (s *billServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, "/gw/v3/bill/"):
		s.applied = append(s.applied, r)
		good := genuine()
		reply(200, fmt.Sprintf(`{"hash_type":%q,"hash_value":%q,"download_url":%q}`,
			s.hashType, s.hash, strings.ReplaceAll(s.address, "{host}", r.Host)), &good).ServeHTTP(w, r)
	case strings.HasSuffix(r.URL.Path, "/v3/billdownload/file") && s.file != nil:
		s.fetched = append(s.fetched, r)
		s.file.ServeHTTP(w, r)
	default:
		s.unwanted = append(s.unwanted, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	}
}

func sha1Of(text []byte) string {
	sum := sha1.Sum(text)
	return hex.EncodeToString(sum[:])
}

func fileOf(raw []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(raw) })
}

// newBillServer serves a text by gzip.
func newBillServer(t testing.TB, text []byte) *billServer {
	return &billServer{
		hash: sha1Of(text), hashType: "SHA1", address: "http://{host}/gw/v3/billdownload/file?token=" + secretToken,
		file: fileOf(channeltest.Gzipped(t, text)),
	}
}

func TestDownload(t *testing.T) {
	text := channeltest.File(t, "bill_all.csv")
	packed := channeltest.Gzipped(t, text)
	for mode, open := range modes {
		for kind, want := range map[channel.BillKind]url.Values{
			channel.BillTrades: {"bill_date": {"2026-11-24"}, "bill_type": {"ALL"}, "tar_type": {"GZIP"}},
			channel.BillFunds:  {"bill_date": {"2026-11-24"}, "account_type": {"BASIC"}, "tar_type": {"GZIP"}},
		} {
			name, path := "wechat_"+mchID+"_20261124_"+string(kind)+".csv.gz", map[channel.BillKind]string{
				channel.BillTrades: "/gw/v3/bill/tradebill", channel.BillFunds: "/gw/v3/bill/fundflowbill",
			}[kind]
			if mode == "partner" {
				if kind == channel.BillFunds {
					continue // there is none
				}
				want.Set("sub_mchid", subMchID)
				name = "wechat_" + mchID + "_" + subMchID + "_20261124_trades.csv.gz"
			}
			for _, address := range []string{"http://{host}/gw/v3/billdownload/file?token=", "https://api.mch.weixin.qq.com/v3/billdownload/file?token="} {
				s := newBillServer(t, text)
				s.address = address + secretToken
				var got bytes.Buffer
				var made []channel.Exchange
				ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) { made = append(made, e) })
				file, err := open(t, s).(channel.BillDownloader).DownloadBill(ctx, channel.BillRequest{Kind: kind, Day: "2026-11-24"}, &got)
				if err != nil || !bytes.Equal(got.Bytes(), packed) {
					t.Fatalf("%s %s: %d bytes, %v", mode, kind, got.Len(), err)
				}
				if want := (channel.BillFile{Name: name, Format: channel.BillGzip, Size: int64(len(packed)), HashType: "SHA1", Hash: sha1Of(text)}); file != want {
					t.Errorf("%s: %+v, want %+v", mode, file, want)
				}
				if r := s.applied[0]; r.URL.Path != path || r.URL.Query().Encode() != want.Encode() {
					t.Errorf("applied at %s, want %s?%s", r.URL, path, want.Encode())
				}
				r := s.fetched[0]
				if !strings.HasPrefix(r.Header.Get("Authorization"), "WECHATPAY2-SHA256-RSA2048 ") || r.URL.Query().Get("token") != secretToken || r.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("fetched by %s %v", r.URL, r.Header)
				}
				checkExchanges(t, made, len(packed))
			}
		}
	}
}

// checkExchanges wants both calls recorded, without what opens or is the file.
func checkExchanges(t *testing.T, made []channel.Exchange, size int) {
	t.Helper()
	if len(made) != 2 || made[0].Operation != "bill" || made[1].Operation != "bill" || made[1].Response != fmt.Sprintf("%d bytes", size) || made[1].Status != 200 {
		t.Fatalf("recorded %+v", made)
	}
	for _, e := range made {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, secretToken[:20]) || strings.Contains(text, "交易时间") {
			t.Errorf("recorded %s", text)
		}
	}
}

// TestDownloadUnpacked: a file that WeChat did not pack is as good.
func TestDownloadUnpacked(t *testing.T) {
	text := channeltest.File(t, "bill_all.csv")
	s := newBillServer(t, text)
	s.file, s.hash = fileOf(text), strings.ToUpper(s.hash)
	var got bytes.Buffer
	file, err := openAt(t, s).(channel.BillDownloader).DownloadBill(t.Context(), channel.BillRequest{Kind: channel.BillTrades, Day: "2026-11-24"}, &got)
	if err != nil || file.Format != channel.BillPlain || !strings.HasSuffix(file.Name, "_trades.csv") || !bytes.Equal(got.Bytes(), text) {
		t.Errorf("%+v %v", file, err)
	}
}

// TestDownloadGoesWrong: what is certain of a file that is not the announced one.
func TestDownloadGoesWrong(t *testing.T) {
	text := channeltest.File(t, "bill_all.csv")
	packed := channeltest.Gzipped(t, text)
	good := genuine()
	altered := bytes.Clone(packed)
	altered[len(altered)/2] ^= 1
	for name, c := range map[string]struct {
		file http.Handler
		kind channel.Kind
		code string
	}{
		"another text":       {fileOf(channeltest.Gzipped(t, append(text, ' '))), channel.KindCorrupt, channel.CodeBillHash},
		"a page":             {fileOf([]byte("<html>login</html>")), channel.KindCorrupt, channel.CodeBillHash},
		"an altered byte":    {fileOf(altered), channel.KindCorrupt, ""},
		"cut and ended":      {fileOf(packed[:len(packed)-9]), channel.KindCorrupt, channel.CodeBillPacking},
		"something behind":   {fileOf(append(bytes.Clone(packed), "behind it"...)), channel.KindCorrupt, channel.CodeBillPacking},
		"nothing":            {fileOf(nil), channel.KindCorrupt, channel.CodeBillPacking},
		"hangs up":           {http.HandlerFunc(hangUp), channel.KindUnknown, ""},
		"hangs up within":    {http.HandlerFunc(truncated), channel.KindUnknown, ""},
		"elsewhere":          {http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound), channel.KindUnknown, ""},
		"a 502":              {reply(502, "<html>", nil), channel.KindUnknown, ""},
		"no longer":          {reply(400, `{"code":"INVALID_REQUEST","message":"token"}`, &good), channel.KindUnknown, "INVALID_REQUEST"},
		"no longer unsigned": {reply(400, `{"code":"INVALID_REQUEST","message":"token"}`, nil), channel.KindUnknown, "INVALID_REQUEST"},
		"too often":          {reply(429, `{"code":"FREQUENCY_LIMITED","message":"?"}`, &good), channel.KindRateLimited, "FREQUENCY_LIMITED"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBillServer(t, text)
			s.file = c.file
			var recorded []channel.Exchange
			ctx := channel.WithRecorder(t.Context(), func(e channel.Exchange) { recorded = append(recorded, e) })
			err := download(ctx, openAt(t, s), channel.BillTrades, io.Discard)
			wantKind(t, err, c.kind)
			var said *channel.Error
			if !errors.As(err, &said) || (c.code != "" && said.Code != c.code) {
				t.Errorf("%+v, want %s", said, c.code)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, recorded), secretToken) {
				t.Errorf("the token shows: %v %+v", err, recorded)
			}
			if len(recorded) != 2 {
				t.Errorf("%d exchanges recorded, want 2", len(recorded))
			}
		})
	}
}

// TestDownloadAddresses: a signed request goes to WeChat alone.
func TestDownloadAddresses(t *testing.T) {
	for _, address := range []string{
		"", "file:///etc/passwd", "ftp://{host}/gw/v3/billdownload/file", "//{host}/gw/v3/billdownload/file", "/gw/v3/billdownload/file",
		"https://{host}/gw/v3/billdownload/file", "http://a@{host}/gw/v3/billdownload/file", "http://169.254.169.254/v3/billdownload/file",
		"http://localhost/v3/billdownload/file", "http://{host}.example.com/v3/billdownload/file", "http://api.mch.weixin.qq.com/v3/billdownload/file",
		"https://api.mch.weixin.qq.com.example.com/v3/billdownload/file", "https://api.mch.weixin.qq.com:8443/v3/billdownload/file", "http://{host}\x00/",
	} {
		s := newBillServer(t, []byte("text"))
		s.address = strings.ReplaceAll(address, "\x00", "%zz")
		err := download(t.Context(), openAt(t, s), channel.BillTrades, io.Discard)
		wantKind(t, err, channel.KindUnknown)
		var said *channel.Error
		if !errors.As(err, &said) || said.Code != channel.CodeBillHost || len(s.fetched)+len(s.unwanted) != 0 {
			t.Errorf("%q: %v, fetched %d", address, err, len(s.fetched))
		}
	}
}

// TestBillsThatAreNotThere: not ready, never to come, and refused are different.
func TestBillsThatAreNotThere(t *testing.T) {
	good := genuine()
	for code, want := range map[string]channel.Kind{
		"STATEMENT_CREATING": channel.KindNotReady, "NO_STATEMENT_EXIST": channel.KindNoBill, "INVALID_REQUEST": channel.KindRefused, "NO_AUTH": channel.KindRefused,
	} {
		for _, sign := range []*signature{&good, nil} {
			err := download(t.Context(), openAt(t, reply(400, fmt.Sprintf(`{"code":%q,"message":"?"}`, code), sign)), channel.BillTrades, io.Discard)
			if sign == nil {
				want = channel.KindUnknown
			}
			wantKind(t, err, want)
		}
	}
	calls := 0
	err := download(t.Context(), openPartner(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ })), channel.BillFunds, io.Discard)
	wantKind(t, err, channel.KindNoBill)
	var said *channel.Error
	if !errors.As(err, &said) || said.Code != channel.CodeNoSuchBill || said.Channel != app.WeChat || calls != 0 {
		t.Errorf("%+v after %d calls", said, calls)
	}
	for name, spoil := range map[string]func(*billServer){
		"another hash": func(s *billServer) { s.hashType = "MD5" }, "no hash": func(s *billServer) { s.hash = "" },
	} {
		s := newBillServer(t, []byte("text"))
		spoil(s)
		err := download(t.Context(), openAt(t, s), channel.BillTrades, io.Discard)
		if wantKind(t, err, channel.KindUnknown); !errors.Is(err, channel.ErrUnreadable) || len(s.fetched) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestDownloadIntoAFullDisk: that is not the channel's.
func TestDownloadIntoAFullDisk(t *testing.T) {
	if err := download(t.Context(), openAt(t, newBillServer(t, []byte("text"))), channel.BillTrades, full{}); err != errFull {
		t.Errorf("%v, want the disk's own error", err)
	}
}

// TestDownloadEndsWithItsContext: also in the middle of a file.
func TestDownloadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newBillServer(t, []byte("text"))
	s.file = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("交易时间"))
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	})
	err := download(ctx, openAt(t, s), channel.BillTrades, io.Discard)
	if wantKind(t, err, channel.KindUnknown); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestDownloadInBoundedMemory: a long file goes through without being held.
func TestDownloadInBoundedMemory(t *testing.T) {
	const size = 64 << 20
	piece := bytes.Repeat([]byte("a line of a bill\r\n"), 4096)
	hash := sha1.New()
	for n := 0; n < size; n += len(piece) {
		_, _ = hash.Write(piece)
	}
	s := newBillServer(t, nil)
	s.hash = hex.EncodeToString(hash.Sum(nil))
	s.file = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for n := 0; n < size; n += len(piece) {
			_, _ = w.Write(piece)
		}
	})
	c := openAt(t, s)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := download(t.Context(), c, channel.BillTrades, io.Discard); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d MiB allocated for a file of %d MiB", used>>20, size>>20)
	}
}
