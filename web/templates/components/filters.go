package components

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

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
	// Texts are inputs of one value that must match as a whole.
	Texts []Text
	// Ranges are pairs of inputs, such as a time or an amount from and to.
	Ranges []Range
	// Order is the value of sort, which is no filter but stays while they change.
	Order string
	// Period is the chip of the days that the list covers; nil where it covers all.
	Period *Period
}

// Text is a filter by one exact value.
type Text struct {
	Name, Label string // the label is translated
	Value       string
	Error       string // translated; empty for none
	Digits      int    // how many digits it takes; 0 for any text
}

// Period is the days that a list covers, even when nobody chose any. It is always
// shown, and changed by its choices.
type Period struct {
	Label   string // translated
	Days    string // such as "2026-10-24 – 2026-11-23"; empty for any
	Name    string // translated: which choice that is, empty for none of them
	Value   string // of the query's period; empty when it is not named there
	Default bool   // nobody chose it
	Choices []PeriodChoice
}

// PeriodChoice leads to the same list over other days.
type PeriodChoice struct {
	Name    string // translated
	Value   string // of the query's period; empty for the default
	Current bool
}

// Select is one choice of a filter.
type Select struct {
	Name    string
	Label   string // translated
	Options []Option
	// Default is the value that holds while nobody chooses, of a choice that has no
	// "any"; it is no filter.
	Default string
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
func (f Filters) Active() bool { return len(f.Chips()) > 0 || f.chosen() }

// Chip is one filter that is set: what it is, and the list without it. Label is
// empty for the search box, whose value speaks for itself.
type Chip struct {
	Label, Value string
	Without      string
}

// Chips lists the filters that are set, so that none is invisible.
func (f Filters) Chips() []Chip {
	var chips []Chip
	here := f.Here()
	if f.Query != "" {
		chips = append(chips, Chip{Value: f.Query, Without: routes.With(here, "q", "")})
	}
	for _, s := range f.Selects {
		i := slices.IndexFunc(s.Options, func(o Option) bool { return o.Selected && o.Value != s.Default })
		if i >= 0 {
			chips = append(chips, Chip{Label: s.Label, Value: s.Options[i].Label, Without: routes.With(here, s.Name, "")})
		}
	}
	for _, t := range f.Texts {
		if t.Value != "" {
			chips = append(chips, Chip{Label: t.Label, Value: t.Value, Without: routes.With(here, t.Name, "")})
		}
	}
	for _, r := range f.Ranges {
		if (r.FromText != "" || r.ToText != "") && (f.Period == nil || r.Error != "" || r.From != "from") {
			without := routes.With(routes.With(here, r.From, ""), r.To, "")
			chips = append(chips, Chip{Label: r.Label, Value: r.text(), Without: without})
		}
	}
	return chips
}

// Here is the list's address with every filter that is set, and its order.
func (f Filters) Here() string {
	if q := f.Values(); len(q) > 0 {
		return f.Path + "?" + q.Encode()
	}
	return f.Path
}

// Values are the filters that are set, and the order, as they stand in the query.
func (f Filters) Values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Query)
	for _, s := range f.Selects {
		for _, o := range s.Options {
			if o.Selected && o.Value != s.Default {
				set(s.Name, o.Value)
			}
		}
	}
	for _, t := range f.Texts {
		set(t.Name, t.Value)
	}
	for _, r := range f.Ranges {
		set(r.From, r.FromText)
		set(r.To, r.ToText)
	}
	if f.Period != nil && q.Get("from") == "" && q.Get("to") == "" {
		set("period", f.Period.Value)
	}
	set("sort", f.Order)
	return q
}

// Hidden are the values as the fields of a form that repeats them, by name.
func (f Filters) Hidden() []Hidden {
	q := f.Values()
	var out []Hidden
	for _, name := range slices.Sorted(maps.Keys(q)) {
		out = append(out, Hidden{name, q.Get(name)})
	}
	return out
}

// Hidden is a hidden field of a form.
type Hidden struct{ Name, Value string }

// chosen reports whether anybody chose the days.
func (f Filters) chosen() bool { return f.Period != nil && !f.Period.Default }

// over is the list's address over the days of a choice.
func (f Filters) over(c PeriodChoice) string {
	return routes.With(routes.With(routes.With(f.Here(), "from", ""), "to", ""), "period", c.Value)
}

// cleared is the list's address without any filter.
func (f Filters) cleared() string {
	if f.Order == "" {
		return f.Path
	}
	return routes.With(f.Path, "sort", f.Order)
}

// Wrong reports whether a filter could not be read, so that nothing was looked
// for.
func (f Filters) Wrong() bool {
	return slices.ContainsFunc(f.Ranges, func(r Range) bool { return r.Error != "" }) ||
		slices.ContainsFunc(f.Texts, func(t Text) bool { return t.Error != "" })
}

func (r Range) text() string {
	switch {
	case r.ToText == "":
		return "≥ " + r.measured(r.FromText)
	case r.FromText == "":
		return "≤ " + r.measured(r.ToText)
	}
	return r.measured(r.FromText) + " – " + r.measured(r.ToText)
}

var plainNumber = regexp.MustCompile(`^([0-9]{1,15})(\.[0-9]+)?$`)

// measured is a bound with its unit and its thousands apart; what was typed where
// that is no number.
func (r Range) measured(value string) string {
	parts := plainNumber.FindStringSubmatch(value)
	if r.Unit == "" || parts == nil {
		return value
	}
	whole := strings.TrimLeft(parts[1], "0")
	if whole == "" {
		whole = "0"
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return r.Unit + whole + parts[2]
}
