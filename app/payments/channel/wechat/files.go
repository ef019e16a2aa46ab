package wechat

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Fields lists the fields of the credentials, in the order of the form.
func (d *Driver) Fields() []channel.CredentialField {
	return []channel.CredentialField{
		{Name: "mchid"}, {Name: "api_v3_key", Secret: true}, {Name: "serial_no"}, {Name: "private_key", Secret: true, File: true},
		{Name: "certificate", File: true}, {Name: "mode"}, {Name: "public_key_id"}, {Name: "public_key", File: true},
	}
}

// SubFields lists the fields of a merchant's under a service provider.
func (d *Driver) SubFields() []channel.CredentialField {
	return []channel.CredentialField{{Name: "sub_mchid"}, {Name: "sub_appid"}, {Name: "sp_appid"}}
}

// What a file is, or why it is of no use. They are keys of translated sentences
// and stay as they are.
const (
	filePrivateKey  = "wechat.file_private_key" // fingerprint
	fileCertificate = "wechat.file_certificate" // mchid, serial_no, expires_at
	filePublicKey   = "wechat.file_public_key"  // fingerprint
	fileEncrypted   = "wechat.file_encrypted"
	filePlatform    = "wechat.file_platform_certificate" // name, serial_no
	fileOwnPublic   = "wechat.file_own_public_key"
	fileSmall       = "wechat.file_small_key" // bits
)

var _ channel.CredentialSorter = (*Driver)(nil)

// Sort tells files apart by what they hold, as a merchant gets them from the
// merchant platform. Of two of a kind the first counts. A platform certificate is
// of no use, since those are fetched; nor is the public key of the merchant's own
// private key, which WeChat's is easily taken for.
func (d *Driver) Sort(files []channel.KeyFile, saved json.RawMessage) channel.Sorted {
	out := channel.Sorted{Placed: map[string]string{}}
	own := ownKey(files, saved)
	for _, f := range files {
		f.Text = keyfile.RawDER(f.Text)
		sorted := channel.SortedFile{Name: f.Name}
		if sorted.Code = keyfile.Useless(f.Name, f.Text); sorted.Code == "" {
			file, _ := keyfile.Read(f.Text) // it can be read, or it would be useless
			sorted.Code, sorted.Field, sorted.Args = sortFile(file, own)
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
	return out
}

// ownKey is the merchant's private key, among the files or saved before.
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
	file, _ := keyfile.Read(c.PrivateKey) // none is none
	return file
}

// sortFile says what one readable file is, and in which field it belongs.
func sortFile(file, own keyfile.File) (code, field string, args map[string]string) {
	if file.Kind != keyfile.Certificate && file.Kind != keyfile.Encrypted && file.Bits() < rsaBits {
		return fileSmall, "", map[string]string{"bits": strconv.Itoa(file.Bits())}
	}
	switch file.Kind {
	case keyfile.Private:
		return filePrivateKey, "private_key", map[string]string{"fingerprint": file.Fingerprint()}
	case keyfile.Encrypted:
		return fileEncrypted, "", nil
	case keyfile.Public:
		if file.SameKey(own) {
			return fileOwnPublic, "", nil
		}
		return filePublicKey, "public_key", map[string]string{"fingerprint": file.Fingerprint()}
	}
	leaf := file.Certificates[0]
	if !isMchID(leaf.Subject.CommonName) {
		return filePlatform, "", map[string]string{"name": leaf.Subject.CommonName, "serial_no": serialOf(leaf)}
	}
	return fileCertificate, "certificate", map[string]string{
		"mchid": leaf.Subject.CommonName, "serial_no": serialOf(leaf), "expires_at": leaf.NotAfter.UTC().Format(time.RFC3339),
	}
}
