package pages

// factorState says in one word what second factor a user has.
func (v AdminUser) factorState() string {
	switch {
	case v.TOTP && v.Passkeys > 0:
		return "both"
	case v.TOTP:
		return "totp"
	case v.Passkeys > 0:
		return "passkey"
	}
	return "none"
}
