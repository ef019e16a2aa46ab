package report

import "unicode/utf8"

// columnWidth is at least that of the title, whose Chinese is twice as wide.
func columnWidth(c Column) float64 {
	wide := len(c.Title) - utf8.RuneCountInString(c.Title)
	return float64(max(c.Width, utf8.RuneCountInString(c.Title)+wide/2+3, 8))
}
