package components

// Views are a list's filters under names, and the form that saves those that are
// set.
type Views struct {
	All    string // the list without filters
	Tabs   []ViewTab
	Manage string // the page where views are renamed and deleted
	// Save is where the form posts; empty when there is nothing new to save.
	Save     string
	CSRF     string
	Filters  []Hidden
	MayShare bool
	// Name, Shared and Errors are of a form that was refused.
	Name   string
	Shared bool
	Errors map[string]string // translated, by field; "" is the whole form's
}

// ViewTab leads to the list with a view's filters.
type ViewTab struct {
	Name, Href      string
	Current, Shared bool
}

// plain reports whether the list has no view's filters.
func (v Views) plain() bool {
	for _, t := range v.Tabs {
		if t.Current {
			return false
		}
	}
	return v.Save == ""
}

// shown reports whether there is anything to show.
func (v Views) shown() bool { return len(v.Tabs) > 0 || v.Save != "" }

// Download asks for the whole filtered list as a file.
type Download struct {
	// Action is where the form posts; empty for those who may not.
	Action  string
	CSRF    string
	Filters []Hidden
	List    string // where the files are
}
