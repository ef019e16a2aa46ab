package keyfile

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// Why a file is of no use, whatever the channel. They are keys of translated
// sentences and stay as they are.
const (
	UselessEmpty     = "file_empty"
	UselessPKCS12    = "file_p12"      // the same key and certificate in another wrapping
	UselessRequest   = "file_request"  // what a certificate was applied for with
	UselessOtherKey  = "file_not_rsa"  // a key of another kind
	UselessText      = "file_text"     // a page of instructions
	UselessBinary    = "file_binary"   // whatever else
	UselessBroken    = "file_broken"   // begins like a key and ends somewhere
	UselessLeftover  = "file_leftover" // what an operating system leaves in zips
	UselessArchive   = "file_archive"  // a zip in a zip
	UselessLocked    = "file_locked"   // in a zip behind a password
	UselessTooLarge  = "file_too_large"
	UselessDuplicate = "file_duplicate" // another file of its kind came first
)

// Useless says why a file is of no use at all; "" when Read makes something of
// it.
func Useless(name, text string) string {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	switch {
	case base == ".DS_Store", base == "Thumbs.db", strings.HasPrefix(base, "._"):
		return UselessLeftover
	case strings.TrimSpace(text) == "":
		return UselessEmpty
	case strings.HasPrefix(text, "PK\x03\x04"):
		return UselessArchive
	}
	file, err := Read(text)
	switch {
	case file.Kind == Request:
		return UselessRequest
	case err == nil:
		return ""
	}
	return unreadable(base, text)
}

func unreadable(base, text string) string {
	extension := strings.ToLower(path.Ext(base))
	switch {
	case extension == ".p12", extension == ".pfx":
		return UselessPKCS12
	case strings.Contains(text, "-----BEGIN EC "), strings.Contains(text, "-----BEGIN DSA "), strings.Contains(text, "-----BEGIN OPENSSH "), isOtherKey(text):
		return UselessOtherKey
	case strings.Contains(text, "-----BEGIN"):
		return UselessBroken
	case !utf8.ValidString(text) && bytes.IndexByte([]byte(text), 0) >= 0, extension == ".docx", extension == ".pdf":
		return UselessBinary
	}
	return UselessText
}

// RawDER reads a certificate or key that comes in binary, as .cer and .crt files
// sometimes do, as PEM; any other text comes back as it is.
func RawDER(text string) string {
	if !strings.HasPrefix(text, "\x30\x82") {
		return text
	}
	file, err := readDER([]byte(text))
	if err != nil {
		return text
	}
	canonical, err := file.Canonical()
	if err != nil {
		return text
	}
	return canonical
}
