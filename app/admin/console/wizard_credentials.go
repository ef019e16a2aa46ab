package console

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// fields are those that the draft's credentials have.
func (d drafted) fields() []channel.CredentialField {
	if d.provider.ID != "" {
		return d.inspector.SubFields()
	}
	return d.inspector.Fields()
}

// texts are the saved credentials by field.
func (d drafted) texts() map[string]string {
	out := map[string]string{}
	if d.content.Credentials != nil {
		_ = json.Unmarshal(d.content.Credentials, &out) // what cannot be read is entered again
	}
	return out
}

// inspect says what is wrong with what is saved.
func (c *Console) inspectDraft(r *request, d drafted) (channel.Report, error) {
	if d.content.Credentials == nil {
		return channel.Report{}, nil
	}
	if d.provider.ID == "" {
		return d.inspector.Inspect(d.content.Credentials), nil
	}
	report, err := c.Merchants.InspectUnder(r.ctx, d.ProviderID, d.content.Credentials, d.inspector)
	if app.Is(err, app.Invalid) {
		err = nil // it does not say whose it is: then a check has failed too
	}
	return report, err
}

func (c *Console) credentialsView(r *request, d drafted) (pages.WizardCredentials, error) {
	w, err := c.wizard(r, pages.StepCredentials, d)
	if err != nil {
		return pages.WizardCredentials{}, err
	}
	report, err := c.inspectDraft(r, d)
	if err != nil {
		return pages.WizardCredentials{}, err
	}
	view := pages.WizardCredentials{
		Wizard: w, Values: map[string]string{}, Saved: map[string]pages.SavedKey{}, Checks: d.checks(report), SandboxURL: c.sandboxMerchants(r.mode),
	}
	texts := d.texts()
	for _, f := range d.fields() {
		switch text := texts[f.Name]; {
		case text == "":
		case f.File:
			view.Saved[f.Name] = savedFile(text)
		case f.Secret:
			view.Saved[f.Name] = pages.SavedKey{Kind: "secret", Length: len(text)}
		case !holdsKey(text):
			view.Values[f.Name] = text
		}
	}
	d.showApps(view.Values)
	for _, f := range d.content.Files {
		view.Files = append(view.Files, pages.FileFinding{Name: f.Name, Code: f.Code, Field: f.Field, Args: f.Args})
	}
	_, view.MakesKey = d.inspector.(channel.KeyMaker)
	view.MakesKey = view.MakesKey && d.provider.ID == ""
	if d.content.Generated {
		view.MadeKey = madeKey(texts)
	}
	return view, nil
}

// savedFile names a key or certificate without telling it.
func savedFile(text string) pages.SavedKey {
	file, _ := keyfile.Read(text) // its Kind says what it is
	k := pages.SavedKey{Kind: string(file.Kind), Fingerprint: file.Fingerprint(), Bits: file.Bits()}
	if file.Kind == keyfile.Certificate {
		leaf := file.Certificates[0]
		k.Name, k.ExpiresAt = leaf.Subject.CommonName, app.ToMillis(leaf.NotAfter)
	}
	return k
}

// madeKey is the public half of the private key that was made here; nil when it
// has been replaced by one that cannot be read.
func madeKey(texts map[string]string) *pages.MadeKey {
	for _, text := range texts {
		file, err := keyfile.Read(text)
		if err != nil || file.Kind != keyfile.Private {
			continue
		}
		public, err := publicHalf(file)
		if err != nil {
			return nil
		}
		block, _ := pem.Decode([]byte(public))
		return &pages.MadeKey{Public: base64.StdEncoding.EncodeToString(block.Bytes), Fingerprint: file.Fingerprint()}
	}
	return nil
}

func publicHalf(file keyfile.File) (string, error) {
	return keyfile.File{Kind: keyfile.Public, Public: file.Public}.Canonical()
}

// appFields are the names of the fields of the apps, in the order of the list.
func (d drafted) appFields() [][2]string {
	if d.provider.ID != "" {
		return [][2]string{{"sub_appid", "sub_appid_kind"}, {"sp_appid", "sp_appid_kind"}}
	}
	return [][2]string{{"appid", "appid_kind"}, {"appid_2", "appid_kind_2"}, {"appid_3", "appid_kind_3"}}
}

// showApps puts the apps of the draft into the form's fields.
func (d drafted) showApps(values map[string]string) {
	if d.provider.ID != "" {
		for _, names := range d.appFields() {
			i := slices.IndexFunc(d.content.Apps, func(x merchants.AppInput) bool { return x.AppID == values[names[0]] })
			if i >= 0 {
				values[names[1]] = string(d.content.Apps[i].Kind)
			}
		}
		return
	}
	for i, names := range d.appFields() {
		if i < len(d.content.Apps) {
			values[names[0]], values[names[1]] = d.content.Apps[i].AppID, string(d.content.Apps[i].Kind)
		}
	}
}

// wizardCredentials asks for keys, certificates and numbers.
func (c *Console) wizardCredentials(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	view, err := c.credentialsView(r, d)
	if err != nil {
		return err
	}
	return c.page(r, pages.WizardCredentialsPage(view))
}

// enter takes what was posted into the draft: numbers as they stand in the form;
// of keys and certificates those that are new, since what is saved is never shown
// and so never comes back.
func (d *drafted) enter(r *request, sorted channel.Sorted) error {
	texts := d.texts()
	before := d.inspector.Inspect(d.content.Credentials).Facts
	changed := false
	for _, f := range d.fields() {
		given := strings.ToValidUTF8(r.form.Get(f.Name), "")
		_, sent := r.form[f.Name]
		texts[f.Name] += "" // a field that was never entered is there, and blank
		switch {
		case sorted.Placed[f.Name] != "":
			texts[f.Name], changed = sorted.Placed[f.Name], true
		case slices.Contains(r.form["clear"], f.Name):
			texts[f.Name] = ""
		case f.Secret || f.File:
			if !blank(given) {
				texts[f.Name], changed = given, true
			}
		case sent:
			texts[f.Name] = given
		}
	}
	if sorted.Mode != "" {
		texts["mode"] = sorted.Mode
	}
	if changed {
		d.readAgain(texts, before)
	} else if err := d.keep(texts); err != nil {
		return err
	}
	d.enterApps(r)
	return nil
}

// readAgain drops what an earlier certificate told, so that a new one tells it
// anew; what none tells stays as it was.
func (d *drafted) readAgain(texts, told map[string]string) {
	old := map[string]string{}
	for _, f := range d.fields() {
		if value := texts[f.Name]; !f.Secret && !f.File && value != "" && value == told[f.Name] && f.Name != "mode" {
			old[f.Name], texts[f.Name] = value, ""
		}
	}
	if d.keep(texts) != nil {
		return
	}
	fresh := d.texts()
	for name, value := range old {
		if fresh[name] == "" {
			fresh[name] = value
		}
	}
	_ = d.keep(fresh) // it was kept a moment ago
}

// keep puts the texts into the form in which they are stored.
func (d *drafted) keep(texts map[string]string) error {
	raw, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	d.content.Credentials, _ = d.inspector.Normalize(raw)
	return nil
}

// enterApps takes the apps of the form, for channels whose accounts have several.
func (d *drafted) enterApps(r *request) {
	none := ""
	var apps []merchants.AppInput
	sent := false
	for _, names := range d.appFields() {
		_, given := r.form[names[0]]
		sent = sent || given
		if id := r.field(names[0]); id != "" {
			apps = append(apps, merchants.AppInput{AppID: id, Kind: merchants.AppKind(r.field(names[1])), Secret: &none})
		}
	}
	if sent && d.AccountID == "" {
		d.content.Apps = apps
	}
}

// saveDraftCredentials keeps what was posted, whatever the checks say of it, and
// goes on to them. Files lead back here first, where it stands what each is.
func (c *Console) saveDraftCredentials(r *request) error {
	return c.saveEntered(r, pages.StepChecks)
}

// saveDraftFiles keeps what was posted and says what each file is.
func (c *Console) saveDraftFiles(r *request) error {
	return c.saveEntered(r, pages.StepCredentials)
}

func (c *Console) saveEntered(r *request, to string) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	given, err := uploaded(r)
	var sorted channel.Sorted
	if err == nil {
		sorted = d.sort(given)
		if err = d.enter(r, sorted); err == nil {
			_, err = c.Merchants.SaveDraft(r.ctx, d.Draft, d.content, d.inspector)
		}
	}
	if problems := c.fieldErrors(r, err); problems != nil {
		return c.refuseCredentials(r, problems)
	}
	if err != nil {
		return err
	}
	switch {
	case len(sorted.Files) > 0:
		to = pages.StepCredentials
	case r.field("then") == "later":
		return c.done(r, r.to().Accounts(), "draft_saved")
	}
	return c.done(r, r.to().Draft(d.ID, to), "")
}

// sort tells the files apart and remembers what each is.
func (d *drafted) sort(given upload) channel.Sorted {
	if d.provider.ID != "" || len(given.files)+len(given.refused) == 0 {
		return channel.Sorted{}
	}
	sorted := d.inspector.Sort(given.files, d.content.Credentials)
	sorted.Files = append(sorted.Files, given.refused...)
	d.content.Files = sorted.Files
	return sorted
}

// refuseCredentials shows the form as it was saved last, with what was wrong.
func (c *Console) refuseCredentials(r *request, problems map[string]string) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	view, err := c.credentialsView(r, d)
	if err != nil {
		return err
	}
	view.Errors = problems
	return c.refuse(r, pages.WizardCredentialsPage(view))
}

// checkDraft inspects what has been entered so far and keeps nothing. htmx gets
// the findings alone; 422 says that something failed.
func (c *Console) checkDraft(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	given, err := uploaded(r)
	if err != nil {
		return err
	}
	if err := d.enter(r, d.sort(given)); err != nil {
		return err
	}
	view, err := c.credentialsView(r, d)
	if err != nil {
		return err
	}
	component := pages.WizardCredentialsPage(view)
	if r.fragment() {
		component = pages.WizardFindings(view)
	}
	if components.Failed(view.Checks) {
		return c.refuse(r, component)
	}
	return c.page(r, component)
}

// makeDraftKey makes the merchant's own key. The private half goes into the draft
// and is never shown; the public half is for the channel.
func (c *Console) makeDraftKey(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	maker, ok := d.inspector.(channel.KeyMaker)
	if !ok || d.provider.ID != "" {
		return app.Errorf(app.Conflict, "no key is made for this channel").WithReason("no_key_made")
	}
	if err := d.enter(r, channel.Sorted{}); err != nil {
		return err
	}
	pair, err := maker.MakeKey()
	if err != nil {
		return err
	}
	texts := d.texts()
	texts[pair.Field] = pair.Private
	if err := d.keep(texts); err != nil {
		return err
	}
	if _, err := c.Merchants.SaveDraftKey(r.ctx, d.Draft, d.content, d.inspector); err != nil {
		return err
	}
	return c.done(r, r.to().Draft(d.ID, pages.StepCredentials), "key_made")
}

// draftPublicKey hands out the public half of the private key that is saved.
func (c *Console) draftPublicKey(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	for _, text := range d.texts() {
		file, err := keyfile.Read(text)
		if err != nil || file.Kind != keyfile.Private {
			continue
		}
		public, err := publicHalf(file)
		if err != nil {
			return err
		}
		r.Set(fiber.HeaderContentType, "application/x-pem-file")
		r.Set(fiber.HeaderContentDisposition, `attachment; filename="app_public_key_`+file.Fingerprint()+`.pem"`)
		return r.Status(http.StatusOK).SendString(public)
	}
	return app.Errorf(app.NotFound, "no private key is saved in the draft")
}
