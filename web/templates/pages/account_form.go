package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
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
	// Provider is the service provider that the account is to be under; nil for
	// one with its own credentials. Then the fields are those that name the
	// merchant there, with the kinds of its apps: sub_appid_kind, sp_appid_kind.
	Provider *ProviderChoice
	// Providers are those it could be under.
	Providers []ProviderChoice
	// Held says that the credentials are a service provider's own, held by the
	// platform; nil for a merchant's account.
	Held *HeldProvider
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

// secret is a required field whose value is never shown again.
func (v AccountForm) secret(ctx context.Context, name string) components.Field {
	f := v.required(ctx, name)
	f.Value = ""
	return f
}

// action is where the form posts.
func (v AccountForm) action() string {
	switch {
	case v.Held != nil && v.Held.ID != "":
		return routes.ProviderAction(v.Held.ID, "credentials")
	case v.Held != nil:
		return routes.NewProvider(v.Held.Mode, v.Channel)
	case v.Account != "":
		return v.Shell.Scope().AccountAction(v.Account, "credentials")
	}
	return v.Shell.Scope().Accounts()
}

// check is where the entries are inspected.
func (v AccountForm) check() string {
	if v.Held != nil {
		return routes.CheckProvider(v.Held.Mode, v.Channel)
	}
	return v.Shell.Scope().CheckAccount(v.Channel)
}

func (v AccountForm) back() string {
	switch {
	case v.Held != nil && v.Held.ID != "":
		return routes.Provider(v.Held.ID)
	case v.Held != nil:
		return routes.Providers
	case v.Account != "":
		return v.Shell.Scope().Account(v.Account)
	}
	return v.Shell.Scope().Accounts()
}

// list is the list that the form belongs to, and its word.
func (v AccountForm) list(ctx context.Context) (href, word string) {
	if v.Held != nil {
		return routes.Providers, i18n.T(ctx, "nav.providers")
	}
	return v.Shell.Scope().Accounts(), i18n.T(ctx, "nav.accounts")
}

// fresh reports whether the form registers something, instead of replacing
// credentials.
func (v AccountForm) fresh() bool { return v.Account == "" && (v.Held == nil || v.Held.ID == "") }

// under is the address of the form for an account under the provider, or with
// credentials of its own for "".
func (v AccountForm) under(id string) string {
	return routes.With(v.Shell.Scope().NewAccount(v.Channel), "provider", id)
}

func (v AccountForm) title(ctx context.Context) string {
	switch {
	case !v.fresh():
		return i18n.T(ctx, "account_form.replace")
	case v.Held != nil:
		return i18n.T(ctx, "provider_form.title_"+string(v.Channel))
	}
	return i18n.T(ctx, "account_form.title_"+string(v.Channel))
}

func (v AccountForm) line(ctx context.Context) string {
	if v.Held != nil {
		return i18n.T(ctx, "provider_form.line")
	}
	return i18n.T(ctx, "account_form.line")
}

func (v AccountForm) save(ctx context.Context) string {
	switch {
	case !v.fresh():
		return i18n.T(ctx, "account_form.replace")
	case v.Held != nil:
		return i18n.T(ctx, "provider_form.save")
	}
	return i18n.T(ctx, "account_form.save")
}
