package console

import (
	"errors"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// fieldErrors translates what is wrong with an input, by field of the form; ""
// is the whole form's. It is nil for an error that no field can mend.
func (c *Console) fieldErrors(r *request, err error) map[string]string {
	var e *app.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code {
	case app.Invalid:
		out := map[string]string{}
		for _, f := range e.Fields {
			field := formField(f.Field)
			if out[field] == "" {
				out[field] = c.fieldSentence(r, field, f.Code)
			}
		}
		if len(out) == 0 {
			out[formField(e.Field)] = c.fieldSentence(r, formField(e.Field), "refused")
		}
		return out
	case app.Conflict, app.Declined, app.Unavailable:
		if sentence := c.explain(r, e); sentence != "" {
			return map[string]string{reasonField(e.Reason): sentence}
		}
	}
	return nil
}

// fieldSentence is the sentence of a code at this field, or anywhere.
func (c *Console) fieldSentence(r *request, field, code string) string {
	for _, key := range []string{"field_error." + field + "_" + code, "field_error." + code} {
		if r.words.Has(key) {
			return r.t(key)
		}
	}
	return r.t("field_error.refused")
}

// reasonField is the field that a refusal is about, where there is one.
func reasonField(reason string) string {
	switch reason {
	case "email_taken", "invitation_pending":
		return "email"
	case "role_name_taken":
		return "name"
	case "role_held":
		return "role"
	}
	return ""
}

// formField turns a service's name of a field into the form's: lists lose their
// index, and the apps' fields are numbered as the form numbers them.
func formField(field string) string {
	name, rest, indexed := strings.Cut(field, ".")
	switch {
	case name == "expires_at":
		return "expires"
	case name == "credentials":
		return ""
	case name == "app_ids" && indexed:
		index, part, _ := strings.Cut(rest, ".")
		suffix := map[string]string{"0": "", "1": "_2", "2": "_3"}[index]
		if part == "kind" {
			return "appid_kind" + suffix
		}
		return "appid" + suffix
	case name == "app_ids":
		return "appid"
	}
	return name
}
