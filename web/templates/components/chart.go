package components

import (
	"encoding/json"
	"strconv"
)

// Chart is one idea in a picture: a period beside the one before. The table with
// the same numbers stands beside it, for whoever has no script or does not see.
type Chart struct {
	Title string // translated, above the picture
	// Label says in a sentence what the picture shows.
	Label string
	Unit  string // money (fen), count, rate (hundredths of a percent)
	Shape string // bar or line
	// Labels stand under the values and Titles above what a pointer shows of one.
	Labels, Titles []string
	// Current and Previous are the values; nil is none: what has not been yet, or a
	// rate of nothing.
	Current, Previous []*int64
	// CurrentName and PreviousName name both periods, translated.
	CurrentName, PreviousName string
}

// data is what web/static/js/chart.js draws.
func (c Chart) data() string {
	type names struct {
		Current  string `json:"current"`
		Previous string `json:"previous"`
	}
	b, err := json.Marshal(struct {
		Unit     string   `json:"unit"`
		Shape    string   `json:"shape"`
		Labels   []string `json:"labels"`
		Titles   []string `json:"titles"`
		Current  []*int64 `json:"current"`
		Previous []*int64 `json:"previous,omitempty"`
		Names    names    `json:"names"`
	}{c.Unit, c.Shape, c.Labels, c.Titles, c.Current, c.Previous, names{c.CurrentName, c.PreviousName}})
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return string(b)
}

// percent is the width of a bar of a hundred.
func percent(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0"
	}
	return strconv.FormatInt(max(part*100/whole, 1), 10)
}
