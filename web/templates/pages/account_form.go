package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// AccountForm registers a channel account. Keys are never echoed: Values holds
// the fields that are no secret: name, mchid, serial_no, mode, public_key_id,
// appid, appid_kind (and _2, _3), app_id, seller_id, certificates, public keys.
//
// The form posts to Scope.Accounts; field names are those of the credentials'
// JSON. Its check button and, with script, every change post the same fields to
// Scope.CheckAccount, which answers an htmx request with AccountChecks alone
// and any other with the whole page.
type AccountForm struct {
	Shell   layout.Shell
	Channel app.Channel
	// Account is whose credentials are replaced; empty to register a new account.
	Account string
	Values  map[string]string
	// Errors are translated, by field; "" is the whole form's.
	Errors map[string]string
	Checks []components.Check
	// SandboxURL opens a sandbox merchant to take credentials from; empty in
	// live mode.
	SandboxURL string
}

// field makes a labelled field of the form; its words are the keys
// account_form.<channel>_<name> and, for the help, …_help.
func (v AccountForm) field(ctx context.Context, name string) components.Field {
	key := "account_form." + string(v.Channel) + "_" + name
	f := components.Field{
		Name: name, Label: i18n.T(ctx, key), Value: v.Values[name], Error: v.Errors[name], Mono: true,
	}
	if help := key + "_help"; i18n.Has(ctx, help) {
		f.Help = i18n.T(ctx, help)
	}
	return f
}

func (v AccountForm) required(ctx context.Context, name string) components.Field {
	f := v.field(ctx, name)
	f.Required = true
	return f
}

// file is a field for a key or certificate, pasted or read from a file.
func (v AccountForm) file(ctx context.Context, name string, required bool) components.Field {
	f := v.field(ctx, name)
	f.Rows, f.File, f.Required = 4, true, required
	return f
}

// conditional marks a field that one mode alone needs; the style sheet hides it
// in the other.
func (v AccountForm) conditional(f components.Field) components.Field {
	f.Conditional = true
	return f
}

func (v AccountForm) name(ctx context.Context) components.Field {
	return components.Field{
		Name: "name", Label: i18n.T(ctx, "account_form.name"), Help: i18n.T(ctx, "account_form.name_help"),
		Value: v.Values["name"], Error: v.Errors["name"], Required: true, MaxLength: 64,
	}
}

// mode chooses what verifies the channel's signatures.
func (v AccountForm) mode(ctx context.Context, values ...string) components.Field {
	f := components.Field{Name: "mode", Label: i18n.T(ctx, "account_form."+string(v.Channel)+"_mode"), Error: v.Errors["mode"]}
	chosen := v.Values["mode"]
	if chosen == "" {
		chosen = "public_key"
	}
	for _, value := range values {
		key := "account_form." + string(v.Channel) + "_mode_" + value
		f.Options = append(f.Options, components.Option{
			Value: value, Label: i18n.T(ctx, key), Help: i18n.T(ctx, key+"_help"), Selected: value == chosen,
		})
	}
	return f
}

// appSuffixes end the names of the fields of each app: appid and appid_kind,
// appid_2 and appid_kind_2, appid_3 and appid_kind_3.
func appSuffixes() []string { return []string{"", "_2", "_3"} }

// app is the id of one app; the first is required.
func (v AccountForm) app(ctx context.Context, suffix string) components.Field {
	f := v.field(ctx, "appid")
	f.Name, f.Value, f.Error = "appid"+suffix, v.Values["appid"+suffix], v.Errors["appid"+suffix]
	f.Required = suffix == ""
	if suffix != "" {
		f.Label, f.Help = i18n.T(ctx, "account_form.another_app"), ""
	}
	return f
}

// appKind chooses what kind of app an app id stands for.
func (v AccountForm) appKind(ctx context.Context, suffix string) components.Field {
	name := "appid_kind" + suffix
	f := components.Field{Name: name, Label: i18n.T(ctx, "account.app_kind"), Error: v.Errors[name], Required: true}
	for _, kind := range []string{"official", "mini", "app", "web"} {
		f.Options = append(f.Options, components.Option{Value: kind, Label: i18n.T(ctx, "app_kind."+kind), Selected: kind == v.Values[name]})
	}
	return f
}

// action is where the form posts.
func (v AccountForm) action() string {
	if v.Account != "" {
		return v.Shell.Scope().AccountAction(v.Account, "credentials")
	}
	return v.Shell.Scope().Accounts()
}

func (v AccountForm) back() string {
	if v.Account != "" {
		return v.Shell.Scope().Account(v.Account)
	}
	return v.Shell.Scope().Accounts()
}

func (v AccountForm) title(ctx context.Context) string {
	if v.Account != "" {
		return i18n.T(ctx, "account_form.replace")
	}
	return i18n.T(ctx, "account_form.title_"+string(v.Channel))
}
