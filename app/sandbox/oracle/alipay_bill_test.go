package oracle

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app"
)

// TestAlipaySDKFetchesBills asks for the day's bills with Alipay's own SDK and
// downloads them as Node.js does.
func TestAlipaySDKFetchesBills(t *testing.T) {
	box := watched(t)
	s := &till{box: box, n: start(t, "alipay.js")}
	s.m = open(t, box, "alipay", "certificate")
	s.n.do("open", alipayConfig(s.m), nil)
	today := string(app.DayOf(time.Now()))
	s.charge(t, "npm_bill_1", "ok")
	for kind, want := range map[string]string{
		"trade":        "\t,npm_bill_1\t,交易\t,Coffee 蛋糕 100% + b,",
		"signcustomer": "\t,npm_bill_1\t,Coffee 蛋糕 100% + b\t,",
	} {
		var got struct {
			Code   string
			Status int
			File   []byte // base64 in JSON
		}
		s.n.do("bill", map[string]string{"type": kind, "date": today}, &got)
		if got.Code != "10000" || got.Status != 200 {
			t.Fatalf("%s: %s, HTTP %d", kind, got.Code, got.Status)
		}
		if text := firstFile(t, got.File); !strings.Contains(text, want) || !strings.Contains(text, "#账号：["+s.m["seller_id"]+"0156]") {
			t.Errorf("%s: %s", kind, text)
		}
	}
	var refused struct{ Code, SubCode string }
	s.n.do("bill", map[string]string{"type": "trade", "date": "2016-01-01"}, &refused)
	if refused.Code != "40004" || refused.SubCode != "isp.bill_not_exist" {
		t.Errorf("a day without trades: %+v", refused)
	}
}

// firstFile is the first file of a zip, from GBK.
func firstFile(t *testing.T, raw []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(simplifiedchinese.GBK.NewDecoder().Reader(f))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
