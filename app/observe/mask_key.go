package observe

import "strings"

// hidden stands where a secret was.
const hidden = "[masked]"

type keyKind int

const (
	plainKey keyKind = iota
	secretKey
	personalKey
)

// secretEnds and personalEnds are compared with the end of a key that is
// lowered and stripped of punctuation: "X-Api-Key", "apiKey" and
// "merchant.api_key" all end in "apikey".
var (
	secretEnds = []string{
		"password", "passwd", "passphrase", "secret", "token", "cookie",
		"authorization", "apikey", "apiv3key", "privatekey", "keyset", "seed",
		"credentials", "credential", "dsn", "authcode", "ciphertext",
	}
	personalEnds = []string{
		"openid", "buyerid", "payerid", "buyerlogonid", "buyeruserid",
		"phone", "mobile", "idcard", "email",
	}
)

func kindOf(key string) keyKind {
	if key == "" {
		return plainKey
	}
	k := squash(key)
	switch {
	case endsInAny(k, secretEnds):
		return secretKey
	case endsInAny(k, personalEnds):
		return personalKey
	}
	return plainKey
}

func squash(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		case r == '_' || r == '-' || r == '.' || r == ' ':
			return -1
		}
		return r
	}, key)
}

func endsInAny(key string, ends []string) bool {
	for _, end := range ends {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

// maskPersonal keeps just enough of a personal value to tell two apart.
func maskPersonal(s string) string {
	r := []rune(s)
	if len(r) < 8 {
		return "****"
	}
	return string(r[:3]) + "****" + string(r[len(r)-2:])
}
