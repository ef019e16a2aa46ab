package billfile

import (
	"strconv"
	"strings"
)

// Count reads a number of lines, which some summaries write as "45.0".
func Count(s string) (int64, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if strings.Trim(frac, "0") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(whole, 10, 32)
	return int64(n), err == nil
}
