package alipay_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Each file that people hand in is known by what it holds, and says why when it
// is of no use.
func TestEveryFileIsToldForWhatItIs(t *testing.T) {
	c := certified(nil)
	private := c["app_private_key"]
	own, err := keyfile.Read(private)
	if err != nil {
		t.Fatal(err)
	}
	theirs := publicPEM(&alipayKey().PublicKey)
	saved := raw(map[string]string{"app_private_key": private})
	for name, x := range map[string]struct {
		file        channel.KeyFile
		saved       json.RawMessage
		code, field string
	}{
		"private key":              {channel.KeyFile{Name: "应用私钥.txt", Text: private}, nil, "alipay.file_private_key", "app_private_key"},
		"Alipay's key":             {channel.KeyFile{Name: "alipayPublicKey_RSA2.txt", Text: theirs}, saved, "alipay.file_public_key", "alipay_public_key"},
		"app certificate":          {channel.KeyFile{Name: "a.crt", Text: c["app_cert"]}, nil, "alipay.file_app_cert", "app_cert"},
		"Alipay's certificate":     {channel.KeyFile{Name: "b.crt", Text: c["alipay_cert"]}, nil, "alipay.file_alipay_cert", "alipay_cert"},
		"root certificate":         {channel.KeyFile{Name: "c.crt", Text: c["alipay_root_cert"]}, nil, "alipay.file_alipay_root_cert", "alipay_root_cert"},
		"bundle":                   {channel.KeyFile{Name: "c.crt", Text: c["alipay_cert"] + c["alipay_root_cert"]}, nil, "alipay.file_alipay_root_cert", "alipay_root_cert"},
		"own public key, proven":   {channel.KeyFile{Name: "key.txt", Text: publicPEM(own.Public)}, saved, "alipay.file_own_public_key", ""},
		"own public key, by name":  {channel.KeyFile{Name: "应用公钥RSA2048.txt", Text: publicPEM(own.Public)}, nil, "alipay.file_app_public_key", ""},
		"Alipay's under that name": {channel.KeyFile{Name: "应用公钥RSA2048.txt", Text: theirs}, saved, "alipay.file_public_key", "alipay_public_key"},
		"certificate request":      {channel.KeyFile{Name: "a.csr", Text: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"}, nil, "file_request", ""},
		"instructions":             {channel.KeyFile{Name: "readme.txt", Text: "a page of instructions"}, nil, "file_text", ""},
		"key behind a password":    {channel.KeyFile{Name: "k.pem", Text: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"}, nil, "alipay.file_encrypted", ""},
	} {
		got := driver().Sort([]channel.KeyFile{x.file}, x.saved)
		if len(got.Files) != 1 || got.Files[0].Code != x.code || got.Files[0].Field != x.field || (got.Placed[x.field] == x.file.Text) != (x.field != "") {
			t.Errorf("%s: %+v", name, got.Files)
		}
	}
}

func TestFilesSayWhichModeTheyAreFor(t *testing.T) {
	c := certified(nil)
	key := channel.KeyFile{Name: "k", Text: publicPEM(&alipayKey().PublicKey)}
	crt := channel.KeyFile{Name: "c", Text: c["app_cert"]}
	for want, files := range map[string][]channel.KeyFile{"public_key": {key}, "certificate": {crt}, "": {key, crt}} {
		if got := driver().Sort(files, nil).Mode; got != want {
			t.Errorf("mode %q, want %q", got, want)
		}
	}
}

// The key that is made here works like one of Alipay's own tool.
func TestAMadeKeyPassesEveryCheckOfAKey(t *testing.T) {
	pair, err := driver().MakeKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := keyfile.Read(pair.Private)
	public, err2 := keyfile.Read(pair.Public)
	if err != nil || err2 != nil || private.Kind != keyfile.Private || private.Bits() != 2048 || public.Kind != keyfile.Public || !private.SameKey(public) {
		t.Errorf("%s and %s, %v %v", private.Kind, public.Kind, err, err2)
	}
	report := driver().Inspect(raw(map[string]string{pair.Field: pair.Private, "alipay_public_key": pair.Public}))
	for _, check := range report.Checks {
		if check.Field == pair.Field && check.Status != channel.CheckPassed {
			t.Errorf("the made key: %s", check.Code)
		}
		if check.Field == "alipay_public_key" && check.Code != "alipay.public_key_is_own" {
			t.Errorf("its public half as Alipay's: %s", check.Code)
		}
	}
}

func TestFieldsAreThoseOfTheCredentials(t *testing.T) {
	var names, secret []string
	for _, f := range driver().Fields() {
		names = append(names, f.Name)
		if f.Secret {
			secret = append(secret, f.Name)
		}
	}
	stored, _ := driver().Normalize(raw(certified(map[string]string{"alipay_public_key": publicPEM(&alipayKey().PublicKey)})))
	var object map[string]string
	if err := json.Unmarshal(stored, &object); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(object)), slices.Sorted(slices.Values(names))) || !slices.Equal(secret, []string{"app_private_key"}) {
		t.Errorf("fields %v, secret %v, stored %v", names, secret, slices.Sorted(maps.Keys(object)))
	}
}
