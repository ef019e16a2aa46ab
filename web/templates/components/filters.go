package components

import (
	"net/url"
	"slices"

	routes "github.com/piaohao/piaohao/web/templates"
)

// Filters is the bar above a list. Its values live in the URL of the page.
type Filters struct {
	// Path is where the form goes, without its query.
	Path string
	// Search is the label of the search box; empty for none.
	Search string
	Query  string // the value of q
	// Selects are choices of one; the first option has no value and means any.
	Selects []Select
	// Ranges are pairs of inputs, such as a time or an amount from and to.
	Ranges []Range
}

// Select is one choice of a filter.
type Select struct {
	Name    string
	Label   string // translated
	Options []Option
}

// Range is a lower and an upper bound.
type Range struct {
	Label    string // translated
	Type     string // date or text
	From, To string // the inputs' names
	FromText string // their values
	ToText   string
	Error    string // translated; empty for none
	Mono     bool
	Unit     string // stands before the placeholders, such as "¥"
}

// Active reports whether any filter is set.
func (f Filters) Active() bool { return len(f.Chips()) > 0 }

// Chip is one filter that is set: what it is, and the list without it. Label is
// empty for the search box, whose value speaks for itself.
type Chip struct {
	Label, Value string
	Without      string
}

// Chips lists the filters that are set, so that none is invisible.
func (f Filters) Chips() []Chip {
	var chips []Chip
	here := f.here()
	if f.Query != "" {
		chips = append(chips, Chip{Value: f.Query, Without: routes.With(here, "q", "")})
	}
	for _, s := range f.Selects {
		i := slices.IndexFunc(s.Options, func(o Option) bool { return o.Selected && o.Value != "" })
		if i >= 0 {
			chips = append(chips, Chip{Label: s.Label, Value: s.Options[i].Label, Without: routes.With(here, s.Name, "")})
		}
	}
	for _, r := range f.Ranges {
		if r.FromText != "" || r.ToText != "" {
			without := routes.With(routes.With(here, r.From, ""), r.To, "")
			chips = append(chips, Chip{Label: r.Label, Value: r.text(), Without: without})
		}
	}
	return chips
}

// here is the list's address with every filter that is set.
func (f Filters) here() string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Query)
	for _, s := range f.Selects {
		for _, o := range s.Options {
			if o.Selected {
				set(s.Name, o.Value)
			}
		}
	}
	for _, r := range f.Ranges {
		set(r.From, r.FromText)
		set(r.To, r.ToText)
	}
	if len(q) == 0 {
		return f.Path
	}
	return f.Path + "?" + q.Encode()
}

func (r Range) text() string {
	switch {
	case r.ToText == "":
		return "≥ " + r.FromText
	case r.FromText == "":
		return "≤ " + r.ToText
	}
	return r.FromText + " – " + r.ToText
}
