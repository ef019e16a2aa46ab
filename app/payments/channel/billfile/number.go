package billfile

// maxNumber is more bytes than any channel's numbers have.
const maxNumber = 128

// Number reports whether s can be a number of an order or a refund, or none: it
// is not absurdly long and has no control characters. Lines are sorted and stored
// by it.
func Number(s string) bool {
	if len(s) > maxNumber {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
