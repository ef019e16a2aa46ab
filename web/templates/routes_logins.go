package templates

import "net/url"

// The addresses of signing in without a password. Those that end in options
// answer a script, by POST.
const (
	PasskeySignIn  = SignIn + "/passkey" // POST
	SignInOptions  = PasskeySignIn + "/options"
	ConfirmOptions = Confirm + "/passkey/options"
	Passkeys       = Security + "/passkeys" // POST
	NewPasskey     = Passkeys + "/new"
	PasskeyOptions = Passkeys + "/options"
	Identities     = Security + "/identities"

	SecondFactorPasskey = SecondFactor + "/passkey" // POST
	SecondFactorOptions = SecondFactorPasskey + "/options"
)

// NewPasskeyTo registers a passkey, and leads on to next.
func NewPasskeyTo(next string) string { return With(NewPasskey, "next", next) }

// PasskeyAction renames or removes one of the user's passkeys (POST).
func PasskeyAction(id, do string) string { return Passkeys + "/" + seg(id) + "/" + seg(do) }

// LinkIdentity leads to a provider, to link who the user is there (POST).
func LinkIdentity(provider string) string { return Identities + "/link/" + seg(provider) }

// UnlinkIdentity removes one of the user's links (POST).
func UnlinkIdentity(id string) string { return Identities + "/" + seg(id) + "/unlink" }

// SSO leads to a provider to sign in there, and on to next.
func SSO(provider, next string) string { return With("/console/sso/"+seg(provider), "next", next) }

// ConfirmAt leads to a provider to show again who one is, and on to next.
func ConfirmAt(provider, next string) string {
	path := Confirm + "/sso/" + seg(provider)
	if next == "" {
		return path
	}
	return path + "?" + url.Values{"next": {next}}.Encode()
}

// RemoveUserPasskey and UnlinkUserIdentity are an administrator's (POST).
func RemoveUserPasskey(user, id string) string {
	return AdminUser(user) + "/passkeys/" + seg(id) + "/remove"
}

// UnlinkUserIdentity removes a user's link (POST).
func UnlinkUserIdentity(user, id string) string {
	return AdminUser(user) + "/identities/" + seg(id) + "/unlink"
}
