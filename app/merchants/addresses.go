package merchants

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// MaxStatementEmails is how many addresses a merchant's statements go to at most.
const MaxStatementEmails = 10

// Addresses are e-mail addresses, separated by commas; "" is none.
type Addresses string

// AddressesOf joins a list; what stands around an address is trimmed.
func AddressesOf(list []string) Addresses {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return Addresses(strings.Join(out, ","))
}

// List returns the addresses.
func (a Addresses) List() []string {
	if a == "" {
		return nil
	}
	return strings.Split(string(a), ",")
}

// check names what is wrong with the list.
func (a Addresses) check(field string) []app.FieldError {
	list := a.List()
	if len(list) > MaxStatementEmails {
		return []app.FieldError{{Field: field, Code: "too_many", Message: fmt.Sprintf("%s may hold %d addresses at most", field, MaxStatementEmails)}}
	}
	for i, one := range list {
		if !plainAddress(one) {
			return []app.FieldError{{Field: field, Code: "bad_value", Message: fmt.Sprintf("%s holds %q, which is no e-mail address", field, one)}}
		}
		if slices.Contains(list[:i], one) {
			return []app.FieldError{{Field: field, Code: "duplicate", Message: fmt.Sprintf("%s holds %s twice", field, one)}}
		}
	}
	return nil
}

// plainAddress reports whether s is an address and nothing else, so that it can
// stand in a header.
func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && app.PlainASCII(s, 190)
}
