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
	view, err := c.accountFormView(r, name, entered{inspector: inspector})
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
	view := pages.AccountForm{Shell: s, Channel: name, Values: in.values, Errors: in.errors, Checks: checksOf(in.report)}
	if c.SandboxURL != "" && r.mode == app.Test {
		view.SandboxURL = c.SandboxURL + "/merchants"
	}
	return view, err
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
	object := map[string]string{}
	for _, f := range inspector.Fields() {
		value := r.form.Get(f.Name)
		if strings.TrimSpace(value) == "" {
			value = placed[f.Name]
		}
		object[f.Name] = value
		if !f.Secret && !holdsKey(value) {
			in.values[f.Name] = value
		}
	}
	for _, suffix := range appSuffixes {
		in.values["appid"+suffix], in.values["appid_kind"+suffix] = r.field("appid"+suffix), r.field("appid_kind"+suffix)
	}
	in.values["name"] = r.field("name")
	raw, err := json.Marshal(object)
	if err != nil {
		return in, err
	}
	in.credentials, in.report = inspector.Normalize(raw)
	in.fill()
	return in, nil
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
	for _, suffix := range appSuffixes {
		if id := in.values["appid"+suffix]; id != "" {
			none := ""
			out = append(out, merchants.AppInput{AppID: id, Kind: merchants.AppKind(in.values["appid_kind"+suffix]), Secret: &none})
		}
	}
	return out
}

// checkAccount inspects what has been entered so far. htmx gets the findings
// alone; 422 says that something failed.
func (c *Console) checkAccount(r *request) error {
	name, inspector, err := c.channelOf(r, r.Params("channel"))
	if err != nil {
		return err
	}
	in, err := c.readAccount(r, inspector)
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
	in, err := c.readAccount(r, inspector)
	if err != nil {
		return err
	}
	if !in.report.OK() || len(in.errors) > 0 {
		return c.refuseAccount(r, name, in, "")
	}
	a, _, err := c.Merchants.RegisterAccount(r.ctx, merchants.Registration{
		MerchantID: r.merchant.ID, Mode: r.mode, Channel: name, Name: in.values["name"], AppIDs: in.apps(), Credentials: in.credentials,
	}, inspector)
	if problems := c.fieldErrors(r, err); problems != nil {
		in.errors = problems
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

// refuseAccount shows the form again with what was found. Keys are not shown
// again, so the reader is told to give them once more.
func (c *Console) refuseAccount(r *request, name app.Channel, in entered, account string) error {
	if in.errors[""] == "" {
		in.errors[""] = r.t("account_form.paste_again")
		if !in.report.OK() {
			in.errors[""] = r.t("account_form.not_green") + " " + in.errors[""]
		}
	}
	view, err := c.accountFormView(r, name, in)
	if err != nil {
		return err
	}
	view.Account = account
	return c.refuse(r, pages.AccountFormPage(view))
}

func checksOf(report channel.Report) []components.Check {
	var out []components.Check
	for _, c := range report.Checks {
		out = append(out, components.Check{Code: c.Code, Field: c.Field, Status: string(c.Status), Args: c.Args})
	}
	return out
}
