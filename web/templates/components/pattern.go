package components

import "regexp"

// patternOf is an HTML pattern that only text itself matches.
func patternOf(text string) string { return regexp.QuoteMeta(text) }
