package access

// NewToken returns 256 random bits for a link, and what is stored of them.
func NewToken() (token, hash string) {
	token = randomText(32)
	return token, tokenHash(token)
}

// TokenHash is what is stored of a link's token: its SHA-256, in hex.
func TokenHash(token string) string { return tokenHash(token) }
