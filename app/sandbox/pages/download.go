package pages

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// file is one file of a download.
type file struct{ Name, Text string }

// filesOf names and fills the files as the channels' own tools do: WeChat's
// certificate tool zips the merchant's key and certificate; Alipay's writes
// keys as bare base64 and hands out certificates as .crt.
func filesOf(m trade.Merchant) []file {
	if m.Channel == app.WeChat {
		return []file{
			{"apiclient_key.pem", m.WeChat.PrivateKey},
			{"apiclient_cert.pem", m.WeChat.Certificate},
			{"证书使用说明.txt", weChatNote},
		}
	}
	k := m.Alipay
	var files []file
	if k.AppPrivateKey != "" { // the app has uploaded a key of its own making otherwise
		files = append(files, file{"应用私钥RSA2048-敏感数据，请妥善保管.txt", bare(k.AppPrivateKey)})
	}
	if m.Mode == trade.PublicKey {
		return append(files,
			file{"应用公钥RSA2048.txt", bare(k.AppPublicKey)},
			file{"alipayPublicKey_RSA2.txt", bare(k.AlipayPublicKey)})
	}
	return append(files,
		file{"appCertPublicKey_" + m.ID + ".crt", k.AppCert},
		file{"alipayCertPublicKey_RSA2.crt", k.AlipayCert},
		file{"alipayRootCert.crt", k.AlipayRootCert})
}

const weChatNote = "apiclient_key.pem：商户私钥，用于请求签名，请妥善保管。\r\n" +
	"apiclient_cert.pem：商户证书，证书序列号随请求一起发送。\r\n" +
	"本证书由沙箱签发，只在沙箱中有效。\r\n"

// bare is a PEM block's content as one line of base64.
func bare(text string) string {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return text
	}
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

func (p *Pages) download(c *fiber.Ctx) error {
	m, err := p.find(c)
	if err != nil {
		return p.fail(c, err)
	}
	body, err := zipped(filesOf(m), m.CreatedAt.Time())
	if err != nil {
		return p.fail(c, fmt.Errorf("zip the credentials of %s: %w", m.ID, err))
	}
	name := fmt.Sprintf("%s_%s_cert.zip", m.ID, m.CreatedAt.Time().In(app.Beijing).Format("20060102"))
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(body)
}

func zipped(files []file, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: at})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(f.Text)); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
