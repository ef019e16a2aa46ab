package alipay_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// request is a hand-made one, so that each part can be wrong on its own.
type request map[string]string

func (b *box) request(method, biz string) request {
	return request{
		"app_id": b.merchant.ID, "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2",
		"timestamp": b.clock.Now().In(app.Beijing).Format("2006-01-02 15:04:05"), "version": "1.0", "biz_content": biz,
	}
}

func (r request) sign(t *testing.T, m trade.Merchant) request {
	t.Helper()
	key, err := trade.ParsePrivateKey(m.Alipay.AppPrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if r[name] != "" && name != "sign" {
			pairs = append(pairs, name+"="+r[name])
		}
	}
	digest := sha256.Sum256([]byte(strings.Join(pairs, "&")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	r["sign"] = base64.StdEncoding.EncodeToString(signature)
	return r
}

type answered struct {
	raw     string
	node    string
	signed  bool
	Code    string `json:"code"`
	SubCode string `json:"sub_code"`
	SubMsg  string `json:"sub_msg"`
}

func (b *box) send(t *testing.T, r request) answered {
	t.Helper()
	form := url.Values{}
	for name, value := range r {
		form.Set(name, value)
	}
	resp, err := http.PostForm(b.gateway, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Errorf("HTTP status %d: the gateway always answers 200", resp.StatusCode)
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(body, &parts); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	a := answered{raw: string(body)}
	for name, part := range parts {
		if name == "sign" {
			a.signed = true
			continue
		}
		if strings.HasSuffix(name, "_response") {
			a.node = name
			if err := json.Unmarshal(part, &a); err != nil {
				t.Fatal(err)
			}
		}
	}
	return a
}

// TestRefusals changes one part of a good request at a time.
func TestRefusals(t *testing.T) {
	b := setup(t, trade.PublicKey)
	const node = "alipay_trade_precreate_response"
	cases := []struct {
		name          string
		change        func(r request)
		after         bool // change after signing
		code, subCode string
		node          string
	}{
		{"no method", func(r request) { delete(r, "method") }, false, "40001", "isv.missing-method", "error_response"},
		{"unknown method", func(r request) { r["method"] = "alipay.trade.steal" }, false, "40002", "isv.invalid-method", "error_response"},
		{"no app_id", func(r request) { delete(r, "app_id") }, false, "40001", "isv.missing-app-id", "error_response"},
		{"unknown app_id", func(r request) { r["app_id"] = "2021000000000000" }, false, "40002", "isv.invalid-app-id", "error_response"},
		{"no sign", func(r request) { delete(r, "sign") }, true, "40001", "isv.missing-signature", node},
		{"no sign_type", func(r request) { delete(r, "sign_type") }, false, "40001", "isv.missing-signature-type", node},
		{"old sign_type", func(r request) { r["sign_type"] = "RSA" }, false, "40002", "isv.invalid-signature-type", node},
		{"no timestamp", func(r request) { delete(r, "timestamp") }, false, "40001", "isv.missing-timestamp", node},
		{"bad timestamp", func(r request) { r["timestamp"] = "2026-01-02T03:04:05" }, false, "40002", "isv.invalid-timestamp", node},
		{"short timestamp", func(r request) { r["timestamp"] = "2026-01-02 3:04:05" }, false, "40002", "isv.invalid-timestamp", node},
		{"no version", func(r request) { delete(r, "version") }, false, "40001", "isv.missing-version", node},
		{"other charset", func(r request) { r["charset"] = "gbk" }, false, "40002", "isv.invalid-charset", node},
		{"other format", func(r request) { r["format"] = "xml" }, false, "40002", "isv.invalid-format", node},
		{"changed content", func(r request) { r["biz_content"] += " " }, true, "40002", "isv.invalid-signature", node},
		{"changed notify_url", func(r request) { r["notify_url"] = "https://evil.example" }, true, "40002", "isv.invalid-signature", node},
		{"added parameter", func(r request) { r["extra"] = "1" }, true, "40002", "isv.invalid-signature", node},
		{"signature no base64", func(r request) { r["sign"] = "*" }, true, "40002", "isv.invalid-signature", node},
		{"biz_content no JSON", func(r request) { r["biz_content"] = "{" }, false, "40002", "isv.illegal-json", node},
		{"unknown certificate", func(r request) { r["app_cert_sn"] = "0" }, false, "40002", "isv.app-cert-not-exist", node},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := b.request("alipay.trade.precreate", `{"out_trade_no":"bad_1","total_amount":"1.00","subject":"x"}`)
			if !c.after {
				c.change(r)
			}
			r.sign(t, b.merchant)
			if c.after {
				c.change(r)
			}
			a := b.send(t, r)
			if a.Code != c.code || a.SubCode != c.subCode || a.node != c.node {
				t.Errorf("got %s %s in %s, want %s %s in %s", a.Code, a.SubCode, a.node, c.code, c.subCode, c.node)
			}
			if a.signed != (c.node != "error_response") {
				t.Errorf("signed: %v in %s", a.signed, a.raw)
			}
		})
	}
	if _, err := b.trades.ByNumber(context.Background(), b.merchant.ID, "bad_1"); !app.Is(err, app.NotFound) {
		t.Errorf("a refused request left a trade: %v", err)
	}
}

// TestContentRefusals changes one field of biz_content at a time.
func TestContentRefusals(t *testing.T) {
	b := setup(t, trade.PublicKey)
	past := b.clock.Now().Add(-time.Second).In(app.Beijing).Format("2006-01-02 15:04:05")
	cases := []struct{ name, field, value, subCode string }{
		{"no number", "out_trade_no", `""`, "ACQ.INVALID_PARAMETER"},
		{"number of 65", "out_trade_no", `"` + strings.Repeat("a", 65) + `"`, "ACQ.INVALID_PARAMETER"},
		{"number with a hyphen", "out_trade_no", `"a-b"`, "ACQ.INVALID_PARAMETER"},
		{"no amount", "total_amount", `""`, "ACQ.INVALID_PARAMETER"},
		{"three decimals", "total_amount", `"1.001"`, "ACQ.INVALID_PARAMETER"},
		{"trailing zeros", "total_amount", `"1.000"`, "ACQ.INVALID_PARAMETER"},
		{"exponent", "total_amount", `1e2`, "ACQ.INVALID_PARAMETER"},
		{"zero", "total_amount", `"0.00"`, "ACQ.TOTAL_FEE_EXCEED"},
		{"negative", "total_amount", `"-1.00"`, "ACQ.TOTAL_FEE_EXCEED"},
		{"too much", "total_amount", `"100000000.01"`, "ACQ.TOTAL_FEE_EXCEED"},
		{"no subject", "subject", `" "`, "ACQ.INVALID_PARAMETER"},
		{"subject of 257", "subject", `"` + strings.Repeat("字", 257) + `"`, "ACQ.INVALID_PARAMETER"},
		{"another seller", "seller_id", `"2088000000000000"`, "ACQ.INVALID_PARAMETER"},
		{"expired", "time_expire", `"` + past + `"`, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"},
		{"expiry with a zone", "time_expire", `"2099-01-01T00:00:00+08:00"`, "ACQ.INVALID_PARAMETER"},
		{"expiry in years", "time_expire", `"2099-01-01 00:00:00"`, "ACQ.INVALID_PARAMETER"},
		{"express too long", "timeout_express", `"16d"`, "ACQ.INVALID_PARAMETER"},
		{"express with a fraction", "timeout_express", `"1.5h"`, "ACQ.INVALID_PARAMETER"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fields := map[string]json.RawMessage{
				"out_trade_no": json.RawMessage(`"content_1"`), "total_amount": json.RawMessage(`"1.00"`), "subject": json.RawMessage(`"x"`),
			}
			fields[c.field] = json.RawMessage(c.value)
			biz, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			a := b.send(t, b.request("alipay.trade.precreate", string(biz)).sign(t, b.merchant))
			if a.Code != "40004" || a.SubCode != c.subCode {
				t.Errorf("got %s %s (%s), want 40004 %s", a.Code, a.SubCode, a.SubMsg, c.subCode)
			}
		})
	}
}

func TestAcceptedContent(t *testing.T) {
	b := setup(t, trade.PublicKey)
	for name, biz := range map[string]string{
		"number as amount":  `{"out_trade_no":"ok_1","total_amount":0.01,"subject":"x"}`,
		"largest amount":    `{"out_trade_no":"ok_2","total_amount":"100000000.00","subject":"x"}`,
		"whole yuan":        `{"out_trade_no":"ok_3","total_amount":"5","subject":"x"}`,
		"unset as empty":    `{"out_trade_no":"ok_4","total_amount":"5.5","subject":"x","seller_id":"","time_expire":"","timeout_express":""}`,
		"relative expiry":   `{"out_trade_no":"ok_5","total_amount":"5.5","subject":"x","timeout_express":"90m"}`,
		"end of the day":    `{"out_trade_no":"ok_6","total_amount":"5.5","subject":"x","timeout_express":"1c"}`,
		"unknown fields":    `{"out_trade_no":"ok_7","total_amount":"5.5","subject":"x","store_id":"1","goods_detail":[]}`,
		"256 of characters": `{"out_trade_no":"ok_8","total_amount":"5.5","subject":"` + strings.Repeat("字", 256) + `"}`,
	} {
		a := b.send(t, b.request("alipay.trade.precreate", biz).sign(t, b.merchant))
		if a.Code != "10000" {
			t.Errorf("%s: %s %s", name, a.SubCode, a.SubMsg)
		}
	}
}

func TestCertificateModeDemandsTheNumbers(t *testing.T) {
	b := setup(t, trade.Certificate)
	r := b.request("alipay.trade.query", `{"out_trade_no":"x"}`)
	if a := b.send(t, r.sign(t, b.merchant)); a.SubCode != "isv.missing-app-cert-sn" {
		t.Errorf("without numbers: %s", a.SubCode)
	}
	other := setup(t, trade.Certificate)
	b.merchant.Alipay.AppCert = other.merchant.Alipay.AppCert
	rsp := b.precreate(t, b.client(t), b.order("cert_1"))
	if rsp.SubCode != "isv.app-cert-not-exist" {
		t.Errorf("with another's certificate: %+v", rsp)
	}
}

// TestAnswerShape pins what SDKs cut the signed text out by.
func TestAnswerShape(t *testing.T) {
	for _, mode := range []trade.Mode{trade.PublicKey, trade.Certificate} {
		b := setup(t, mode)
		rsp := b.precreate(t, b.client(t), b.order("shape_1"))
		if rsp.QRCode == "" {
			t.Fatal(rsp)
		}
		r := b.request("alipay.trade.precreate", `{"out_trade_no":"shape_1","total_amount":"12.30","subject":"拿铁 50% off <b> a+b/c & d"}`)
		if mode == trade.Certificate {
			c := b.client(t)
			values, err := c.URLValues(b.order("shape_1"))
			if err != nil {
				t.Fatal(err)
			}
			r["app_cert_sn"], r["alipay_root_cert_sn"] = values.Get("app_cert_sn"), values.Get("alipay_root_cert_sn")
		}
		raw := b.send(t, r.sign(t, b.merchant)).raw
		node, sn, sig := strings.Index(raw, `{"alipay_trade_precreate_response":{"code":"10000"`), strings.Index(raw, `"alipay_cert_sn":"`), strings.Index(raw, `"sign":"`)
		if node != 0 || sig < 0 || (mode == trade.Certificate) != (sn > 0) || sn > sig {
			t.Errorf("%s: node at %d, alipay_cert_sn at %d, sign at %d in %s", mode, node, sn, sig, raw)
		}
		if !strings.Contains(raw, `https:\/\/qr.alipay.com\/bax`) {
			t.Errorf("slashes must travel escaped: %s", raw)
		}
	}
}
