package console

import (
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// entered is what a person gave about an account: its credentials as they would
// be stored, and what the inspection found in them.
type entered struct {
	inspector   Inspector
	provider    merchants.Provider // whose merchant it is; zero for one with its own keys
	credentials json.RawMessage
	report      channel.Report
	values      map[string]string // to show again; no secrets
	errors      map[string]string
}

// accountForm asks for a new account's credentials.
func (c *Console) accountForm(r *request) error {
	name, inspector, err := c.channelOf(r, r.Params("channel"))
	if err != nil {
		return err
	}
	in := entered{inspector: inspector}
	if in.provider, err = c.providerFor(r, name, r.query("provider")); err != nil {
		return err
	}
	view, err := c.accountFormView(r, name, in)
	if err != nil {
		return err
	}
	return c.page(r, pages.AccountFormPage(view))
}

func (c *Console) channelOf(r *request, name string) (app.Channel, Inspector, error) {
	inspector := c.Inspectors[app.Channel(name)]
	if inspector == nil {
		return "", nil, app.Errorf(app.NotFound, "no channel of that name")
	}
	return app.Channel(name), inspector, nil
}

func (c *Console) accountFormView(r *request, name app.Channel, in entered) (pages.AccountForm, error) {
	s, err := c.shell(r, layout.NavAccounts)
	if err != nil {
		return pages.AccountForm{}, err
	}
	view := pages.AccountForm{Shell: s, Channel: name, Values: in.values, Errors: in.errors, Checks: checksOf(in.report), SandboxURL: c.sandboxMerchants(r.mode)}
	if in.provider.ID != "" {
		chosen := providerChoice(in.provider)
		view.Provider = &chosen
	}
	list, err := c.Merchants.Providers(r.ctx, r.mode)
	for _, p := range list {
		if p.Channel == name && p.Enabled {
			view.Providers = append(view.Providers, providerChoice(p))
		}
	}
	return view, err
}

func providerChoice(p merchants.Provider) pages.ProviderChoice {
	return pages.ProviderChoice{ID: p.ID, Name: p.Name, Identity: p.Identity}
}

// sandboxMerchants is where a test account's credentials can be had; "" where
// there is no sandbox.
func (c *Console) sandboxMerchants(mode app.Mode) string {
	if c.SandboxURL == "" || mode != app.Test {
		return ""
	}
	return c.SandboxURL + "/merchants"
}

// providerFor returns the provider that an account is to be under; zero for
// none. One for another channel or mode does not exist here.
func (c *Console) providerFor(r *request, name app.Channel, id string) (merchants.Provider, error) {
	if id == "" {
		return merchants.Provider{}, nil
	}
	if !app.ValidID(merchants.PrefixProvider, id) {
		return merchants.Provider{}, app.Errorf(app.NotFound, "no provider of that id")
	}
	p, err := c.Merchants.Provider(r.ctx, id)
	if err == nil && (p.Mode != r.mode || p.Channel != name) {
		return merchants.Provider{}, app.Errorf(app.NotFound, "no provider of that id for %s in this mode", name)
	}
	return p, err
}

// readUnder reads the form of an account: its own credentials, or what names it
// under the provider that the form says.
func (c *Console) readUnder(r *request, name app.Channel, inspector Inspector, provider string) (entered, error) {
	p, err := c.providerFor(r, name, provider)
	if err != nil {
		return entered{}, err
	}
	if p.ID == "" {
		return c.readAccount(r, inspector)
	}
	in := entered{inspector: inspector, provider: p, values: map[string]string{}, errors: map[string]string{}}
	if err := in.read(r, inspector.SubFields(), nil); err != nil {
		return in, err
	}
	for _, field := range []string{"sub_appid_kind", "sp_appid_kind"} {
		in.values[field] = r.field(field)
	}
	report, err := c.Merchants.InspectUnder(r.ctx, p.ID, in.credentials, inspector)
	if err != nil && !app.Is(err, app.Invalid) {
		return in, err
	}
	in.report = report // where it does not say whose it is, a check has failed too
	return in, nil
}

// readAccount reads the form: pasted text, and files for what was not pasted.
func (c *Console) readAccount(r *request, inspector Inspector) (entered, error) {
	in := entered{inspector: inspector, values: map[string]string{}, errors: map[string]string{}}
	files, err := uploaded(r)
	if app.Is(err, app.Invalid) {
		in.errors["files"], err = r.t("account_form.files_too_large"), nil
	}
	if err != nil {
		return in, err
	}
	placed := inspector.Place(files)
	if len(files) > 0 && len(placed) == 0 {
		in.errors["files"] = r.t("account_form.files_unknown")
	}
	if err := in.read(r, inspector.Fields(), placed); err != nil {
		return in, err
	}
	for _, suffix := range appSuffixes {
		in.values["appid"+suffix], in.values["appid_kind"+suffix] = r.field("appid"+suffix), r.field("appid_kind"+suffix)
	}
	in.fill()
	return in, nil
}

// read takes the fields from the form, or from the files where the form has
// nothing, and inspects them.
func (in *entered) read(r *request, fields []channel.CredentialField, placed map[string]string) error {
	object := map[string]string{}
	for _, f := range fields {
		value := r.form.Get(f.Name)
		if strings.TrimSpace(value) == "" {
			value = placed[f.Name]
		}
		object[f.Name] = value
		if !f.Secret && !holdsKey(value) {
			in.values[f.Name] = value
		}
	}
	in.values["name"] = r.field("name")
	raw, err := json.Marshal(object)
	if err != nil {
		return err
	}
	in.credentials, in.report = in.inspector.Normalize(raw)
	return nil
}

// holdsKey reports whether somebody put a private key where none belongs: it is
// not shown again there either.
func holdsKey(text string) bool {
	file, err := keyfile.Read(text)
	return strings.Contains(text, "PRIVATE KEY") || err == nil && (file.Kind == keyfile.Private || file.Kind == keyfile.Encrypted)
}

// appSuffixes end the names of the fields of the apps of a registration.
var appSuffixes = [...]string{"", "_2", "_3"}

// fill shows what a certificate told, where nothing was entered.
func (in *entered) fill() {
	for name, fact := range in.report.Facts {
		if value, shown := in.values[name]; shown && value == "" {
			in.values[name] = fact
		}
	}
}

// apps are the apps that were entered, for channels whose accounts have several.
func (in *entered) apps() []merchants.AppInput {
	var out []merchants.AppInput
	none := ""
	for _, name := range []string{"sub_appid", "sp_appid"} {
		if id := strings.TrimSpace(in.values[name]); id != "" {
			out = append(out, merchants.AppInput{AppID: id, Kind: merchants.AppKind(in.values[name+"_kind"]), Secret: &none})
		}
	}
	for _, suffix := range appSuffixes {
		if id := in.values["appid"+suffix]; id != "" {
			out = append(out, merchants.AppInput{AppID: id, Kind: merchants.AppKind(in.values["appid_kind"+suffix]), Secret: &none})
		}
	}
	return out
}

// placeAppErrors moves the errors of numbered apps to the fields of a merchant's
// under a provider.
func (in *entered) placeAppErrors() {
	place := 0
	for _, name := range []string{"sub_appid", "sp_appid"} {
		if in.provider.ID == "" || in.values[name] == "" {
			continue
		}
		for from, to := range map[string]string{"appid": name, "appid_kind": name + "_kind"} {
			if text := in.errors[from+appSuffixes[place]]; text != "" {
				in.errors[to] = text
			}
		}
		place++
	}
}

// checkAccount inspects what has been entered so far. htmx gets the findings
// alone; 422 says that something failed.
func (c *Console) checkAccount(r *request) error {
	name, inspector, err := c.channelOf(r, r.Params("channel"))
	if err != nil {
		return err
	}
	in, err := c.readUnder(r, name, inspector, r.field("provider"))
	if err != nil {
		return err
	}
	view, err := c.accountFormView(r, name, in)
	if err != nil {
		return err
	}
	if account := r.field("account"); app.ValidID(app.PrefixAccount, account) {
		view.Account = account
	}
	component := pages.AccountFormPage(view)
	if r.fragment() {
		component = pages.AccountChecks(view)
	}
	if components.Failed(view.Checks) || len(in.errors) > 0 {
		return c.refuse(r, component)
	}
	return c.page(r, component)
}

// registerAccount saves an account whose checks are green, disabled, makes the
// live test call and enables it when that succeeds. When it does not, the
// account's page says why, and nothing has to be entered again.
func (c *Console) registerAccount(r *request) error {
	name, inspector, err := c.channelOf(r, r.field("channel"))
	if err != nil {
		return err
	}
	in, err := c.readUnder(r, name, inspector, r.field("provider"))
	if err != nil {
		return err
	}
	if in.provider.ID != "" && name == app.WeChat && len(in.apps()) == 0 {
		in.errors["sp_appid"] = r.t("account_form.some_app")
	}
	if !in.report.OK() || len(in.errors) > 0 {
		return c.refuseAccount(r, name, in, "")
	}
	a, _, err := c.Merchants.RegisterAccount(r.ctx, merchants.Registration{
		MerchantID: r.merchant.ID, Mode: r.mode, Channel: name, Name: in.values["name"], AppIDs: in.apps(), Credentials: in.credentials,
		ProviderID: in.provider.ID,
	}, inspector)
	if problems := c.fieldErrors(r, err); problems != nil {
		in.errors = problems
		in.placeAppErrors()
		return c.refuseAccount(r, name, in, "")
	}
	if err != nil {
		return err
	}
	note := "account_enabled"
	if _, err := c.Merchants.EnableAccount(r.ctx, r.merchant.ID, a.ID, c.Probe); err != nil {
		if status, _ := statusOf(err); status == 500 {
			return err
		}
		note = "" // the page tells what the test call came to
	}
	return c.done(r, r.to().Account(a.ID), note)
}

// refuseAccount shows the form again with what was found.
func (c *Console) refuseAccount(r *request, name app.Channel, in entered, account string) error {
	c.askForKeysAgain(r, &in)
	view, err := c.accountFormView(r, name, in)
	if err != nil {
		return err
	}
	view.Account = account
	return c.refuse(r, pages.AccountFormPage(view))
}

// askForKeysAgain tells the reader to give the keys once more, since they are not
// shown again.
func (c *Console) askForKeysAgain(r *request, in *entered) {
	if in.errors == nil {
		in.errors = map[string]string{}
	}
	if in.errors[""] != "" {
		return
	}
	in.errors[""] = r.t("account_form.paste_again")
	if !in.report.OK() {
		in.errors[""] = r.t("account_form.not_green") + " " + in.errors[""]
	}
}

func checksOf(report channel.Report) []components.Check {
	var out []components.Check
	for _, c := range report.Checks {
		out = append(out, components.Check{Code: c.Code, Field: c.Field, Status: string(c.Status), Args: c.Args})
	}
	return out
}
