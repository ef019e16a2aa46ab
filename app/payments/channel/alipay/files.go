package alipay

import (
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Fields lists the fields of the credentials, in the order of the form.
func (d *Driver) Fields() []channel.CredentialField {
	return []channel.CredentialField{
		{Name: "app_id"}, {Name: "seller_id"}, {Name: "mode"}, {Name: "app_private_key", Secret: true},
		{Name: "alipay_public_key"}, {Name: "app_cert"}, {Name: "alipay_cert"}, {Name: "alipay_root_cert"},
	}
}

// SubFields lists the fields of a merchant's under a service provider.
func (d *Driver) SubFields() []channel.CredentialField {
	return []channel.CredentialField{{Name: "app_auth_token", Secret: true}, {Name: "seller_id"}, {Name: "auth_app_id"}}
}

// Place tells files apart by what they hold and returns each under its field:
// the root file is a bundle or an authority's certificate, the app's own
// certificate is named "PID-app id", the third is Alipay's. What is neither a
// key nor a certificate is left out; of two of a kind the first counts.
func (d *Driver) Place(files []string) map[string]string {
	placed := map[string]string{}
	for _, text := range files {
		file, err := keyfile.Read(text)
		if err != nil {
			continue
		}
		if field := fieldOf(file); field != "" && placed[field] == "" {
			placed[field] = text
		}
	}
	return placed
}

func fieldOf(file keyfile.File) string {
	switch file.Kind {
	case keyfile.Private, keyfile.Encrypted:
		return "app_private_key"
	case keyfile.Public:
		return "alipay_public_key"
	case keyfile.Certificate:
		if _, _, own := certificateName(file); own {
			return "app_cert"
		}
		if len(file.DER) > 1 || file.Certificates[0].IsCA {
			return "alipay_root_cert"
		}
		return "alipay_cert"
	}
	return ""
}
