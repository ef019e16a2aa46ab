package alipay

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Fields lists the fields of the credentials, in the order of the form.
func (d *Driver) Fields() []channel.CredentialField {
	return []channel.CredentialField{
		{Name: "app_id"}, {Name: "seller_id"}, {Name: "mode"}, {Name: "app_private_key", Secret: true, File: true},
		{Name: "alipay_public_key", File: true}, {Name: "app_cert", File: true}, {Name: "alipay_cert", File: true}, {Name: "alipay_root_cert", File: true},
	}
}

// SubFields lists the fields of a merchant's under a service provider.
func (d *Driver) SubFields() []channel.CredentialField {
	return []channel.CredentialField{{Name: "app_auth_token", Secret: true}, {Name: "seller_id"}, {Name: "auth_app_id"}}
}

// What a file is, or why it is of no use. They are keys of translated sentences
// and stay as they are.
const (
	filePrivateKey   = "alipay.file_private_key" // fingerprint
	fileAlipayKey    = "alipay.file_public_key"  // fingerprint
	fileAppCert      = "alipay.file_app_cert"    // app_id, expires_at
	fileAlipayCert   = "alipay.file_alipay_cert" // expires_at
	fileRootCert     = "alipay.file_alipay_root_cert"
	fileEncrypted    = "alipay.file_encrypted"
	fileOwnPublic    = "alipay.file_own_public_key" // proven by the private key
	fileNamedPublic  = "alipay.file_app_public_key" // says its name
	fileSmall        = "alipay.file_small_key"      // bits
	appPublicKeyName = "应用公钥"
)

var _ channel.CredentialSorter = (*Driver)(nil)

// Sort tells files apart by what they hold: the root file is a bundle or an
// authority's certificate, the app's own certificate is named "PID-app id", the
// third is Alipay's. Of two of a kind the first counts. The app's public key,
// which stands beside Alipay's in every download, is of no use: it is known by
// the private key, or where that is missing by its name.
func (d *Driver) Sort(files []channel.KeyFile, saved json.RawMessage) channel.Sorted {
	out := channel.Sorted{Placed: map[string]string{}}
	own := ownKey(files, saved)
	for _, f := range files {
		f.Text = keyfile.RawDER(f.Text)
		sorted := channel.SortedFile{Name: f.Name}
		if sorted.Code = keyfile.Useless(f.Name, f.Text); sorted.Code == "" {
			file, _ := keyfile.Read(f.Text) // it can be read, or it would be useless
			sorted.Code, sorted.Field, sorted.Args = sortFile(f.Name, file, own)
		}
		switch {
		case sorted.Field == "":
		case out.Placed[sorted.Field] != "":
			sorted.Code, sorted.Field = keyfile.UselessDuplicate, ""
		default:
			out.Placed[sorted.Field] = f.Text
		}
		out.Files = append(out.Files, sorted)
	}
	out.Mode = modeOf(out.Placed)
	return out
}

// modeOf is the mode that files belong to, "" when they do not say or say both.
func modeOf(placed map[string]string) string {
	key := placed["alipay_public_key"] != ""
	certificates := placed[string(roleApp)] != "" || placed[string(roleAlipay)] != "" || placed[string(roleRoot)] != ""
	switch {
	case key == certificates:
		return ""
	case certificates:
		return modeCertificate
	}
	return modePublicKey
}

// ownKey is the app's private key, among the files or saved before.
func ownKey(files []channel.KeyFile, saved json.RawMessage) keyfile.File {
	for _, f := range files {
		if file, err := keyfile.Read(keyfile.RawDER(f.Text)); err == nil && file.Kind == keyfile.Private {
			return file
		}
	}
	c, err := decode(saved)
	if err != nil {
		return keyfile.File{}
	}
	file, _ := keyfile.Read(c.AppPrivateKey) // none is none
	return file
}

// sortFile says what one readable file is, and in which field it belongs.
func sortFile(name string, file, own keyfile.File) (code, field string, args map[string]string) {
	if file.Kind != keyfile.Certificate && file.Kind != keyfile.Encrypted && file.Bits() < rsaBits {
		return fileSmall, "", map[string]string{"bits": strconv.Itoa(file.Bits())}
	}
	switch file.Kind {
	case keyfile.Private:
		return filePrivateKey, "app_private_key", map[string]string{"fingerprint": file.Fingerprint()}
	case keyfile.Encrypted:
		return fileEncrypted, "", nil
	case keyfile.Public:
		switch {
		case file.SameKey(own):
			return fileOwnPublic, "", nil
		case own.Private == nil && isAppPublicKey(name):
			return fileNamedPublic, "", nil
		}
		return fileAlipayKey, "alipay_public_key", map[string]string{"fingerprint": file.Fingerprint()}
	}
	leaf := file.Certificates[0]
	expiry := leaf.NotAfter.UTC().Format(time.RFC3339)
	_, appID, named := certificateName(file)
	switch {
	case named:
		return fileAppCert, string(roleApp), map[string]string{"app_id": appID, "expires_at": expiry}
	case len(file.DER) > 1 || leaf.IsCA:
		return fileRootCert, string(roleRoot), nil
	}
	return fileAlipayCert, string(roleAlipay), map[string]string{"expires_at": expiry}
}

// isAppPublicKey reports whether a file has the name under which Alipay's key
// tool saves the app's public key.
func isAppPublicKey(name string) bool {
	base := path.Base(name)
	return strings.Contains(base, appPublicKeyName) || strings.HasPrefix(strings.ToLower(base), "apppublickey") || strings.HasPrefix(strings.ToLower(base), "app_public_key")
}
