package components

// Field is one labelled input of a form. Secret values are never echoed: leave
// Value empty for them.
type Field struct {
	Name string
	// ID tells fields of one name on a page apart; Name when empty.
	ID    string
	Label string // translated
	Help  string // translated; empty for none
	Value string
	Error string // translated; empty for none
	Type  string // text when empty; password, email, number, url, datetime-local
	// Rows makes a text area of that height.
	Rows int
	// Options makes a choice of a few.
	Options []Option
	// File offers to fill the text area from a file; it is read in the browser.
	File     bool
	Required bool
	// Narrow fields hold an amount, a number or a code, and are no wider than that.
	Narrow bool
	// Conditional fields are needed in one mode of the form only, so they are
	// marked neither required nor optional.
	Conditional bool
	Mono        bool
	Placeholder string
	// Autocomplete is the input's autocomplete attribute; off when empty.
	Autocomplete string
	Autofocus    bool
	// InputMode asks a phone for another keyboard, such as decimal.
	InputMode string
	MaxLength int
}

// Option is one choice.
type Option struct {
	Value    string
	Label    string // translated
	Help     string // translated; empty for none
	Selected bool
}

func (f Field) inputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) autocomplete() string {
	if f.Autocomplete == "" {
		return "off"
	}
	return f.Autocomplete
}

// describedBy lists the ids of the field's help and error.
func (f Field) describedBy() string {
	switch {
	case f.Help != "" && f.Error != "" && f.Help != f.Error:
		return "error-" + f.id() + " help-" + f.id()
	case f.Error != "":
		return "error-" + f.id()
	case f.Help != "":
		return "help-" + f.id()
	}
	return ""
}

func (f Field) inputClass() string {
	class := "form-control"
	if len(f.Options) > 0 {
		class = "form-select"
	}
	if f.Mono {
		class += " mono"
	}
	if f.Narrow {
		class += " narrow"
	}
	if f.Error != "" {
		class += " is-invalid"
	}
	return class
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}
