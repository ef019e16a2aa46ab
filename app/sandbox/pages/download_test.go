package pages_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func TestDownloads(t *testing.T) {
	box := sandboxtest.Start(t)
	ctx, trades := context.Background(), box.Server.Trades()
	wechat, err := trades.OpenMerchant(ctx, app.WeChat, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := trades.OpenMerchant(ctx, app.Alipay, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := trades.OpenMerchant(ctx, app.Alipay, trade.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	bare := func(text string) string {
		block, _ := pem.Decode([]byte(text))
		return base64.StdEncoding.EncodeToString(block.Bytes)
	}
	for _, c := range []struct {
		merchant trade.Merchant
		want     map[string]string // "" for any text
	}{
		{wechat, map[string]string{"apiclient_key.pem": wechat.WeChat.PrivateKey, "apiclient_cert.pem": wechat.WeChat.Certificate, "证书使用说明.txt": ""}},
		{key, map[string]string{
			"应用私钥RSA2048-敏感数据，请妥善保管.txt": bare(key.Alipay.AppPrivateKey), "应用公钥RSA2048.txt": bare(key.Alipay.AppPublicKey),
			"alipayPublicKey_RSA2.txt": bare(key.Alipay.AlipayPublicKey),
		}},
		{cert, map[string]string{
			"应用私钥RSA2048-敏感数据，请妥善保管.txt": bare(cert.Alipay.AppPrivateKey), "appCertPublicKey_" + cert.ID + ".crt": cert.Alipay.AppCert,
			"alipayCertPublicKey_RSA2.crt": cert.Alipay.AlipayCert, "alipayRootCert.crt": cert.Alipay.AlipayRootCert,
		}},
	} {
		resp, body := visit(t, "GET", fmt.Sprintf("%s/sandbox/merchants/%s/%s/credentials.zip", box.URL, c.merchant.Channel, c.merchant.ID), "", nil)
		if !strings.Contains(resp.Header.Get("Content-Disposition"), c.merchant.ID) {
			t.Errorf("Content-Disposition %q", resp.Header.Get("Content-Disposition"))
		}
		got := unzip(t, body)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d files, want %d", c.merchant.ID, len(got), len(c.want))
		}
		for name, text := range c.want {
			if got[name] == "" || (text != "" && got[name] != text) {
				t.Errorf("%s: %s holds %q", c.merchant.ID, name, got[name])
			}
		}
	}
}

func unzip(t *testing.T, body string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}
