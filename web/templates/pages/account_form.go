package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// AccountForm takes a service provider's own credentials, and lends the wizard of
// merchants' accounts the words of its fields. Keys are never echoed: Values holds
// the fields that are no secret.
//
// Field names are those of the credentials' JSON. The check button and, with
// script, every change post the same fields to be checked, which answers an htmx
// request with AccountChecks alone and any other with the whole page.
type AccountForm struct {
	Shell   layout.Shell
	Channel app.Channel
	Values  map[string]string
	// Errors are translated, by field; "" is the whole form's.
	Errors map[string]string
	Checks []components.Check
	// Held is whose credentials they are.
	Held HeldProvider
	// SandboxURL opens a sandbox merchant to take credentials from; empty in
	// live mode.
	SandboxURL string
}

// ProviderChoice is a service provider that merchants can be under.
type ProviderChoice struct{ ID, Name, Identity string }

// HeldProvider is a service provider's account: where its form posts. ID is
// whose credentials are replaced, "" to register another.
type HeldProvider struct {
	ID   string
	Mode app.Mode
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

// kindOf chooses what kind of app the field of that name holds.
func (v AccountForm) kindOf(ctx context.Context, name string) components.Field {
	field := name + "_kind"
	f := components.Field{Name: field, Label: i18n.T(ctx, "account.app_kind"), Error: v.Errors[field], Required: true}
	for _, kind := range []string{"official", "mini", "app", "web"} {
		f.Options = append(f.Options, components.Option{Value: kind, Label: i18n.T(ctx, "app_kind."+kind), Selected: kind == v.Values[field]})
	}
	return f
}

// action is where the form posts.
func (v AccountForm) action() string {
	if v.Held.ID != "" {
		return routes.ProviderAction(v.Held.ID, "credentials")
	}
	return routes.NewProvider(v.Held.Mode, v.Channel)
}

// check is where the entries are inspected.
func (v AccountForm) check() string { return routes.CheckProvider(v.Held.Mode, v.Channel) }

func (v AccountForm) back() string {
	if v.Held.ID != "" {
		return routes.Provider(v.Held.ID)
	}
	return routes.Providers
}

// fresh reports whether the form registers something, instead of replacing
// credentials.
func (v AccountForm) fresh() bool { return v.Held.ID == "" }

func (v AccountForm) title(ctx context.Context) string {
	if !v.fresh() {
		return i18n.T(ctx, "account_form.replace")
	}
	return i18n.T(ctx, "provider_form.title_"+string(v.Channel))
}

func (v AccountForm) save(ctx context.Context) string {
	if !v.fresh() {
		return i18n.T(ctx, "account_form.replace")
	}
	return i18n.T(ctx, "provider_form.save")
}
