package channel

import "encoding/json"

// CredentialField is one field of a driver's credentials. A secret one is never
// shown again once it was sent.
type CredentialField struct {
	Name   string
	Secret bool
	File   bool // a key or a certificate, which people have as a file
}

// KeyFile is a file as a person handed it in.
type KeyFile struct {
	Name string
	Text string
}

// SortedFile says what a file is and where it was put. Code is stable and is the
// key of its sentences; Args fill them. A file of no use has no Field.
type SortedFile struct {
	Name  string            `json:"name"`
	Code  string            `json:"code"`
	Field string            `json:"field,omitempty"`
	Args  map[string]string `json:"args,omitempty"`
}

// Sorted is what became of the files that were handed in together.
type Sorted struct {
	Files []SortedFile
	// Placed holds the texts by the field of the credentials they belong in.
	Placed map[string]string
	// Mode is the mode that the files are for, "" when they do not say.
	Mode string
}

// KeyPair is a fresh key of the merchant's own: Private goes into the field of
// the credentials, Public to the channel.
type KeyPair struct {
	Field           string
	Private, Public string // PEM
}

// KeyMaker is a Driver whose merchants make their key themselves, so that the
// platform can make it for them.
type KeyMaker interface {
	MakeKey() (KeyPair, error)
}

// CredentialSorter is a Driver that tells files apart by what they hold. saved
// are the credentials that are there already, nil for none: a public key is
// known for the merchant's own by the private key beside it.
type CredentialSorter interface {
	Sort(files []KeyFile, saved json.RawMessage) Sorted
}
