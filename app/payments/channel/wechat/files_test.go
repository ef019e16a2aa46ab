package wechat_test

import (
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Each file that people hand in is known by what it holds, and says why when it
// is of no use.
func TestEveryFileIsToldForWhatItIs(t *testing.T) {
	own, theirs := merchantKey(), platformKey()
	saved := raw(map[string]string{"private_key": privatePEM(own)})
	for name, c := range map[string]struct {
		file  channel.KeyFile
		code  string
		field string
	}{
		"private key":          {channel.KeyFile{Name: "apiclient_key.pem", Text: privatePEM(own)}, "wechat.file_private_key", "private_key"},
		"merchant certificate": {channel.KeyFile{Name: "a.pem", Text: certificate(own, "1900000109", year)}, "wechat.file_certificate", "certificate"},
		"WeChat's public key":  {channel.KeyFile{Name: "pub_key.pem", Text: publicPEM(&theirs.PublicKey)}, "wechat.file_public_key", "public_key"},
		"platform certificate": {channel.KeyFile{Name: "wechatpay.pem", Text: certificate(theirs, "Tenpay.com Root CA", year)}, "wechat.file_platform_certificate", ""},
		"own public key":       {channel.KeyFile{Name: "pub.pem", Text: publicPEM(&own.PublicKey)}, "wechat.file_own_public_key", ""},
		"p12":                  {channel.KeyFile{Name: "apiclient_cert.p12", Text: "\x30\x82\x00binary"}, "file_p12", ""},
		"readme":               {channel.KeyFile{Name: "证书使用说明.txt", Text: "请妥善保管"}, "file_text", ""},
		"request":              {channel.KeyFile{Name: "a.csr", Text: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"}, "file_request", ""},
		"empty":                {channel.KeyFile{Name: "apiclient_key.pem", Text: " \n"}, "file_empty", ""},
		"broken":               {channel.KeyFile{Name: "apiclient_key.pem", Text: "-----BEGIN PRIVATE KEY-----\nxx"}, "file_broken", ""},
		"zip in a zip":         {channel.KeyFile{Name: "cert.zip", Text: "PK\x03\x04"}, "file_archive", ""},
		"elliptic key":         {channel.KeyFile{Name: "k.pem", Text: "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----"}, "file_not_rsa", ""},
		"encrypted key":        {channel.KeyFile{Name: "k.pem", Text: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"}, "wechat.file_encrypted", ""},
		"key of 1024 bits":     {channel.KeyFile{Name: "k.pem", Text: privatePEM(smallKey())}, "wechat.file_small_key", ""},
		"system's leftover":    {channel.KeyFile{Name: "._apiclient_key.pem", Text: "x"}, "file_leftover", ""},
		"photograph":           {channel.KeyFile{Name: "key.png", Text: "\x89PNG\x00\xff"}, "file_binary", ""},
	} {
		got := driver().Sort([]channel.KeyFile{c.file}, saved)
		if len(got.Files) != 1 || got.Files[0].Code != c.code || got.Files[0].Field != c.field || (got.Placed[c.field] == c.file.Text) != (c.field != "") {
			t.Errorf("%s: %+v", name, got.Files)
		}
	}
}

func TestOfTwoFilesOfAKindTheFirstCounts(t *testing.T) {
	first, second := privatePEM(merchantKey()), privatePEM(platformKey())
	got := driver().Sort([]channel.KeyFile{{Name: "1", Text: first}, {Name: "2", Text: second}}, nil)
	if got.Placed["private_key"] != first || got.Files[1].Code != "file_duplicate" || got.Files[1].Field != "" {
		t.Errorf("%+v", got.Files)
	}
}

func TestSecretFieldsAreMarked(t *testing.T) {
	var secret []string
	for _, f := range driver().Fields() {
		if f.Secret {
			secret = append(secret, f.Name)
		}
	}
	if !slices.Equal(secret, []string{"api_v3_key", "private_key"}) {
		t.Errorf("secret fields %v", secret)
	}
}
