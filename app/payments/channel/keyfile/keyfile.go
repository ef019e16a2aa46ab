// Package keyfile reads the key files of payment channels in every form in
// which people have them: PEM or bare base64, PKCS#1, PKCS#8 or PKIX, one
// certificate or a bundle; and tells what each file is.
package keyfile

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"unicode"
)

// Kind is what a file holds.
type Kind string

// The kinds. Encrypted is a private key behind a password.
const (
	None        Kind = "none"
	Private     Kind = "private_key"
	Public      Kind = "public_key"
	Certificate Kind = "certificate"
	Encrypted   Kind = "encrypted_key"
	Request     Kind = "certificate_request" // what a certificate is applied for with
	Unknown     Kind = "unknown"
)

// File is one file that was read. Form says how it was written: "pkcs1",
// "pkcs8", "pkix" or "x509".
type File struct {
	Kind         Kind
	Form         string
	Private      *rsa.PrivateKey
	Public       *rsa.PublicKey
	Certificates []*x509.Certificate
	// DER holds every certificate of a bundle, also those that Go cannot parse:
	// Alipay's root file has SM2 ones.
	DER [][]byte
}

// ErrUnreadable is the error of Read: the text is no key and no certificate.
var ErrUnreadable = errors.New("neither a key nor a certificate")

// Read tells what text is. Blank text is None. Unreadable text is Unknown with
// ErrUnreadable; the error never quotes the text.
func Read(text string) (File, error) {
	text = clean(text)
	if text == "" {
		return File{Kind: None}, nil
	}
	if strings.Contains(text, "-----BEGIN") {
		return readPEM([]byte(text))
	}
	der, err := base64.StdEncoding.DecodeString(strings.Map(dropSpace, text))
	if err != nil {
		return File{Kind: Unknown}, ErrUnreadable
	}
	return readDER(der)
}

// clean undoes what copying through editors, JSON and forms does to a file.
func clean(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(text, `\n`, "\n")
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

func dropSpace(r rune) rune {
	if unicode.IsSpace(r) {
		return -1
	}
	return r
}

func readPEM(text []byte) (File, error) {
	var bundle File
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return File{Kind: Encrypted}, nil
		}
		if block.Type == "CERTIFICATE REQUEST" || block.Type == "NEW CERTIFICATE REQUEST" {
			return File{Kind: Request}, nil
		}
		if block.Type != "CERTIFICATE" {
			return readDER(block.Bytes)
		}
		bundle.DER = append(bundle.DER, block.Bytes)
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			bundle.Certificates = append(bundle.Certificates, c)
		}
	}
	if len(bundle.Certificates) == 0 {
		return File{Kind: Unknown}, ErrUnreadable
	}
	bundle.Kind, bundle.Form = Certificate, "x509"
	bundle.Public, _ = bundle.Certificates[0].PublicKey.(*rsa.PublicKey)
	return bundle, nil
}

// readDER tries each structure: labels are often wrong, the bytes are not.
func readDER(der []byte) (File, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if k, ok := key.(*rsa.PrivateKey); ok {
			return File{Kind: Private, Form: "pkcs8", Private: k, Public: &k.PublicKey}, nil
		}
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return File{Kind: Private, Form: "pkcs1", Private: k, Public: &k.PublicKey}, nil
	}
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		if k, ok := key.(*rsa.PublicKey); ok {
			return File{Kind: Public, Form: "pkix", Public: k}, nil
		}
	}
	if k, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return File{Kind: Public, Form: "pkcs1", Public: k}, nil
	}
	if c, err := x509.ParseCertificate(der); err == nil {
		k, _ := c.PublicKey.(*rsa.PublicKey)
		return File{Kind: Certificate, Form: "x509", Public: k, Certificates: []*x509.Certificate{c}, DER: [][]byte{der}}, nil
	}
	return File{Kind: Unknown}, ErrUnreadable
}

// isOtherKey reports whether text holds a key that no channel of ours uses, such
// as an elliptic one.
func isOtherKey(text string) bool {
	block, _ := pem.Decode([]byte(clean(text)))
	if block == nil {
		return false
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return true // an RSA key would have been read
	}
	_, err := x509.ParsePKIXPublicKey(block.Bytes)
	return err == nil
}
