package pages

import routes "github.com/piaohao/piaohao/web/templates"

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

// sessionToken is the token of the forms that end one session, for whoever may.
func (v AdminUser) sessionToken() string {
	if !v.Shell.Can.UsersEdit {
		return ""
	}
	return v.Shell.CSRF
}

func (v AdminUser) revokeSession(id string) string {
	return routes.RevokeUserSession(v.Person.ID, id)
}
