package components

import "github.com/a-h/templ"

// attributes are those that inputs, text areas and selects share.
func (f Field) attributes() templ.Attributes {
	a := templ.Attributes{
		"id": "field-" + f.id(), "name": f.Name, "class": f.inputClass(),
		"autocomplete": f.autocomplete(),
		"required":     f.Required,
		"autofocus":    f.Autofocus,
	}
	if f.Placeholder != "" {
		a["placeholder"] = f.Placeholder
	}
	if ids := f.describedBy(); ids != "" {
		a["aria-describedby"] = ids
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	if f.InputMode != "" {
		a["inputmode"] = f.InputMode
	}
	if f.MaxLength > 0 {
		a["maxlength"] = f.MaxLength
	}
	if f.Mono {
		a["autocapitalize"] = "off"
	}
	return a
}
