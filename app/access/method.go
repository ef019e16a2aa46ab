package access

import (
	"slices"
	"strings"
)

// Method is a way in which a session has shown who its user is.
type Method string

// The methods. The names follow RFC 8176's where it has one.
const (
	ByPassword Method = "pwd"
	ByTOTP     Method = "otp" // a code of the authenticator app
	ByRecovery Method = "rec" // a recovery code, in place of the second factor
	// ByPasskey is a passkey that checked its user, by PIN or biometrics: what
	// one has and what one knows or is, so it counts as both factors.
	ByPasskey Method = "key"
	// BySSO is the identity provider's word, which counts as the first factor;
	// ByTrustedSSO is one that says that it asked for several, where the
	// configuration trusts it to.
	BySSO        Method = "sso"
	ByTrustedSSO Method = "mfa"
)

// Methods are a session's methods in the order given, as stored: "pwd,otp".
type Methods string

// MethodsOf joins methods, each once.
func MethodsOf(list ...Method) Methods { return Methods("").With(list...) }

// With returns m with more methods.
func (m Methods) With(more ...Method) Methods {
	list := m.List()
	for _, x := range more {
		if !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	texts := make([]string, len(list))
	for i, x := range list {
		texts[i] = string(x)
	}
	return Methods(strings.Join(texts, ","))
}

// List returns the methods in the order in which they were given.
func (m Methods) List() []Method {
	var list []Method
	for text := range strings.SplitSeq(string(m), ",") {
		if text != "" {
			list = append(list, Method(text))
		}
	}
	return list
}

// Has reports whether x is among them.
func (m Methods) Has(x Method) bool { return slices.Contains(m.List(), x) }

// Both reports whether they are worth two factors.
func (m Methods) Both() bool {
	return slices.ContainsFunc(m.List(), func(x Method) bool {
		return x == ByTOTP || x == ByRecovery || x == ByPasskey || x == ByTrustedSSO
	})
}
