package alipay

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

var _ channel.KeyMaker = (*Driver)(nil)

// MakeKey makes an app's key for RSA2, as Alipay's own key tool would on
// somebody's desk. Its public half is what the open platform asks for as 应用公钥.
func (d *Driver) MakeKey() (channel.KeyPair, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return channel.KeyPair{}, fmt.Errorf("make an app's key: %w", err)
	}
	pair := channel.KeyPair{Field: "app_private_key"}
	if pair.Private, err = (keyfile.File{Kind: keyfile.Private, Private: key}).Canonical(); err != nil {
		return channel.KeyPair{}, err
	}
	pair.Public, err = (keyfile.File{Kind: keyfile.Public, Public: &key.PublicKey}).Canonical()
	return pair, err
}
