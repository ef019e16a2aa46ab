package wechat

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
)

// sealed is a resource under the merchant's APIv3 key.
type sealed struct {
	OriginalType   string `json:"original_type,omitempty"`
	Algorithm      string `json:"algorithm"`
	Ciphertext     string `json:"ciphertext"`
	AssociatedData string `json:"associated_data"`
	Nonce          string `json:"nonce"`
}

// seal encrypts with AES-256-GCM. The nonce is 12 printable bytes, as the
// channel's are.
func seal(apiV3Key, associated string, plain []byte) (sealed, error) {
	block, err := aes.NewCipher([]byte(apiV3Key))
	if err != nil {
		return sealed{}, fmt.Errorf("api v3 key: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return sealed{}, fmt.Errorf("api v3 key: %w", err)
	}
	nonce := randomHex(gcm.NonceSize() / 2)
	return sealed{
		Algorithm: "AEAD_AES_256_GCM", AssociatedData: associated, Nonce: nonce,
		Ciphertext: base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), plain, []byte(associated))),
	}, nil
}
