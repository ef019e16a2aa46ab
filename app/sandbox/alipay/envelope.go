package alipay

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
)

const errorNode = "error_response"

// nodeName is where the answer to a method stands.
func nodeName(method string) string { return strings.ReplaceAll(method, ".", "_") + "_response" }

// encodeNode renders an answer as the gateway does: unescaped but for "/",
// which travels as "\/". The signature covers exactly these bytes.
func encodeNode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return bytes.ReplaceAll(bytes.TrimRight(b.Bytes(), "\n"), []byte("/"), []byte(`\/`)), nil
}

// seal wraps a node. The sign stands after the node: alipay-sdk cuts the
// signed text out of the raw answer and relies on it. certSN is empty in key
// mode.
func seal(node string, body []byte, key *rsa.PrivateKey, certSN string) ([]byte, error) {
	signature, err := sign(key, body)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"%s":%s`, node, body)
	if certSN != "" {
		fmt.Fprintf(&b, `,"alipay_cert_sn":"%s"`, certSN)
	}
	fmt.Fprintf(&b, `,"sign":"%s"}`, signature)
	return b.Bytes(), nil
}

// unsigned wraps a failure that no key can sign, since no app is known.
func unsigned(body []byte) []byte {
	return fmt.Appendf(nil, `{"%s":%s}`, errorNode, body)
}
