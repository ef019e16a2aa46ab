package alipay_test

import (
	"archive/zip"
	"bytes"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/alipay"
	"github.com/piaohao/piaohao/app/payments/channel/channeltest"
)

// reader needs no transport.
var reader = alipay.New(nil, app.SystemClock{})

// billOf is whose the fixtures are. The PID ends as the accounts of bills do.
var billOf = channel.BillSource{Day: "2026-11-24", Identity: "2088000000000156"}

const billName = "20880000000001560156_20261124_"

func gbk(t testing.TB, text string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// entry is a file for a zip; its name is written in GBK.
type entry struct {
	name string
	text []byte
}

func zipped(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, e := range entries {
		f, err := w.CreateHeader(&zip.FileHeader{Name: string(gbk(t, e.name)), NonUTF8: true, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// file reads one of the readable texts of testdata as Alipay encodes it.
func file(t testing.TB, name string) []byte {
	t.Helper()
	return gbk(t, string(channeltest.File(t, name)))
}

// trades packs a text as the details, beside the fixture's summary.
func trades(t testing.TB, details []byte) channel.BillSource {
	t.Helper()
	raw := zipped(t, entry{billName + "业务明细.csv", details}, entry{billName + "业务明细(汇总).csv", file(t, "bill_trade_summary.csv")})
	return channeltest.Source(raw, channel.BillZip, billOf)
}

func funds(t testing.TB, details []byte) channel.BillSource {
	t.Helper()
	return channeltest.Source(zipped(t, entry{billName + "账务明细.csv", details}), channel.BillZip, billOf)
}

// spoiled is a fixture in which one text stands for another.
func spoiled(t testing.TB, name, old, by string) []byte {
	t.Helper()
	return gbk(t, string(channeltest.Spoil(t, channeltest.File(t, name), old, by)))
}

func at(hour, minute, second int) time.Time {
	return time.Date(2026, 11, 24, hour, minute, second, 0, app.Beijing)
}
