package merchants

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// A key's secret is "sk_", its mode, "_", 32 random characters (190 bits) and a
// checksum of 6. The checksum costs a guesser nothing and a typing error or a
// cut-off paste everything, before the database is asked; and secret scanners
// can tell a real key from an example.
const (
	randomLen   = 32
	checksumLen = 6
	shownLen    = 4 // random characters that identify a key in lists
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func secretPrefix(mode app.Mode) string { return "sk_" + string(mode) + "_" }

// newSecret returns a fresh secret and the part of it that may be shown.
func newSecret(mode app.Mode) (secret, shown string) {
	body := secretPrefix(mode) + randomBase62(randomLen)
	return body + checksum(body), body[:len(secretPrefix(mode))+shownLen]
}

// randomBase62 returns n characters of equal likelihood each.
func randomBase62(n int) string {
	const fair = 256 - 256%len(base62) // bytes above would favour the first characters
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for len(out) < n {
		_, _ = rand.Read(buf) // never fails: the program ends instead
		for _, b := range buf {
			if int(b) < fair && len(out) < n {
				out = append(out, base62[int(b)%len(base62)])
			}
		}
	}
	return string(out)
}

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	out := make([]byte, checksumLen)
	for i := checksumLen - 1; i >= 0; i-- {
		out[i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return string(out)
}

// wellFormed reports whether s can be a secret at all.
func wellFormed(s string) bool {
	for _, mode := range []app.Mode{app.Test, app.Live} {
		if strings.HasPrefix(s, secretPrefix(mode)) && len(s) == len(secretPrefix(mode))+randomLen+checksumLen {
			body := s[:len(s)-checksumLen]
			return checksum(body) == s[len(body):]
		}
	}
	return false
}

// hashSecret is what is kept of a secret. It needs neither salt nor stretching:
// 190 random bits cannot be searched.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
