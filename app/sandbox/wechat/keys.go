package wechat

import (
	"crypto/rsa"
	"fmt"
	"sync"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// keys are a merchant's keys, parsed.
type keys struct {
	version  int64
	merchant *rsa.PublicKey
	// signers are the channel's keys by serial number or public key id.
	signers map[string]*rsa.PrivateKey
	// usual is the serial that signs when the merchant names none.
	usual string
}

// signer picks the key that signs for a request naming the serial: that one,
// or the merchant's usual one for an unknown or empty serial.
func (k *keys) signer(serial string) (string, *rsa.PrivateKey) {
	if key, ok := k.signers[serial]; ok {
		return serial, key
	}
	return k.usual, k.signers[k.usual]
}

// keyring caches parsed keys: parsing costs as much as a signature.
type keyring struct {
	mu     sync.RWMutex
	parsed map[string]*keys
}

func (r *keyring) of(m trade.Merchant) (*keys, error) {
	r.mu.RLock()
	k, ok := r.parsed[m.ID]
	r.mu.RUnlock()
	if ok && k.version == m.Version {
		return k, nil
	}
	k, err := parseKeys(m)
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", m.ID, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parsed[m.ID] = k
	return k, nil
}

func parseKeys(m trade.Merchant) (*keys, error) {
	cert, err := trade.ParseCertificate(m.WeChat.Certificate)
	if err != nil {
		return nil, err
	}
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("certificate: %T is not RSA", cert.PublicKey)
	}
	own, err := trade.ParsePrivateKey(m.WeChat.PublicKeyPrivate)
	if err != nil {
		return nil, err
	}
	k := &keys{
		version: m.Version, merchant: public, usual: m.WeChat.PublicKeyID,
		signers: map[string]*rsa.PrivateKey{m.WeChat.PublicKeyID: own},
	}
	for _, p := range m.WeChat.Platform {
		if k.signers[p.SerialNo], err = trade.ParsePrivateKey(p.PrivateKey); err != nil {
			return nil, err
		}
		k.usual = p.SerialNo // the newest comes last
	}
	return k, nil
}
