package channel

// CredentialField is one field of a driver's credentials. A secret one is never
// shown again once it was sent.
type CredentialField struct {
	Name   string
	Secret bool
}
