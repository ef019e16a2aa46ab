package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
)

// FormToken is what every form of a session carries against cross-site
// requests. It follows from the session's token, so it needs no storage, and
// tells nothing about it.
func FormToken(sessionToken string) string {
	return sign([]byte(sessionToken), "piaohao form 1")
}

// CheckFormToken compares in constant time. Another session's token fails.
func CheckFormToken(sessionToken, given string) bool {
	return sessionToken != "" && hmac.Equal([]byte(FormToken(sessionToken)), []byte(given))
}

// Forms protects the forms that have no session yet, such as signing in: a
// cookie that only this server can have made, and a token that follows from it.
type Forms struct {
	key   []byte
	clock app.Clock
}

const formLife = 12 * time.Hour

// NewForms returns Forms under key, which every server of an installation shares.
func NewForms(key []byte, clock app.Clock) *Forms { return &Forms{key, clock} }

// Issue returns a new cookie value and its token, good for twelve hours.
func (f *Forms) Issue() (cookie, token string) {
	body := randomText(16) + "." + strconv.FormatInt(f.clock.Now().Add(formLife).Unix(), 10)
	cookie = body + "." + sign(f.key, "piaohao form cookie 1", body)
	return cookie, f.token(cookie)
}

// Token returns the token of a cookie that is genuine and unexpired.
func (f *Forms) Token(cookie string) (string, bool) {
	cut := strings.LastIndexByte(cookie, '.')
	if cut < 0 {
		return "", false
	}
	body := cookie[:cut]
	if !hmac.Equal([]byte(cookie[cut+1:]), []byte(sign(f.key, "piaohao form cookie 1", body))) {
		return "", false
	}
	_, expiry, _ := strings.Cut(body, ".")
	until, err := strconv.ParseInt(expiry, 10, 64)
	if err != nil || f.clock.Now().Unix() >= until {
		return "", false
	}
	return f.token(cookie), true
}

// Check reports whether token is the one of a genuine, unexpired cookie.
func (f *Forms) Check(cookie, token string) bool {
	want, ok := f.Token(cookie)
	return ok && hmac.Equal([]byte(want), []byte(token))
}

func (f *Forms) token(cookie string) string { return sign(f.key, "piaohao form token 1", cookie) }

// sign covers each text by its digest, so their border cannot move.
func sign(key []byte, texts ...string) string {
	m := hmac.New(sha256.New, key)
	for _, t := range texts {
		digest := sha256.Sum256([]byte(t))
		m.Write(digest[:])
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
