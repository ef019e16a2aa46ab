package console

import (
	"encoding/json"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
	"github.com/piaohao/piaohao/web/templates/components"
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

func (c *Console) channelOf(r *request, name string) (app.Channel, Inspector, error) {
	inspector := c.Inspectors[app.Channel(name)]
	if inspector == nil {
		return "", nil, app.Errorf(app.NotFound, "no channel of that name")
	}
	return app.Channel(name), inspector, nil
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

// readAccount reads the form: pasted text, and files for what was not pasted.
func (c *Console) readAccount(r *request, inspector Inspector) (entered, error) {
	in := entered{inspector: inspector, values: map[string]string{}, errors: map[string]string{}}
	given, err := uploaded(r)
	if app.Is(err, app.Invalid) {
		in.errors["files"], err = r.t("account_form.files_too_large"), nil
	}
	if err != nil {
		return in, err
	}
	sorted := inspector.Sort(given.files, nil)
	if handed := len(given.files) + len(given.refused); handed > 0 && len(sorted.Placed) == 0 {
		in.errors["files"] = r.t("account_form.files_unknown")
	}
	if err := in.read(r, inspector.Fields(), sorted.Placed); err != nil {
		return in, err
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

// fill shows what a certificate told, where nothing was entered.
func (in *entered) fill() {
	for name, fact := range in.report.Facts {
		if value, shown := in.values[name]; shown && value == "" {
			in.values[name] = fact
		}
	}
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
