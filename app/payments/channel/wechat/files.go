package wechat

import (
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Fields lists the fields of the credentials, in the order of the form.
func (d *Driver) Fields() []channel.CredentialField {
	return []channel.CredentialField{
		{Name: "mchid"}, {Name: "api_v3_key", Secret: true}, {Name: "serial_no"}, {Name: "private_key", Secret: true},
		{Name: "certificate"}, {Name: "mode"}, {Name: "public_key_id"}, {Name: "public_key"},
	}
}

// SubFields lists the fields of a merchant's under a service provider.
func (d *Driver) SubFields() []channel.CredentialField {
	return []channel.CredentialField{{Name: "sub_mchid"}, {Name: "sub_appid"}, {Name: "sp_appid"}}
}

// Place tells files apart by what they hold, as a merchant gets them from the
// merchant platform, and returns each under its field. What is neither a key
// nor a certificate is left out; of two of a kind the first counts. A platform
// certificate goes where the key that verifies WeChat belongs, so that the
// inspection names it.
func (d *Driver) Place(files []string) map[string]string {
	placed := map[string]string{}
	put := func(field, text string) {
		if placed[field] == "" {
			placed[field] = text
		}
	}
	for _, text := range files {
		file, err := keyfile.Read(text)
		switch {
		case err != nil:
		case file.Kind == keyfile.Private || file.Kind == keyfile.Encrypted:
			put("private_key", text)
		case file.Kind == keyfile.Public:
			put("public_key", text)
		case file.Kind == keyfile.Certificate && isMchID(file.Certificates[0].Subject.CommonName):
			put("certificate", text)
		case file.Kind == keyfile.Certificate:
			put("public_key", text)
		}
	}
	return placed
}
