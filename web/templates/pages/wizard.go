package pages

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// The steps of the wizard, as their addresses name them.
const (
	StepChannel     = "channel"
	StepConnection  = "connection"
	StepCredentials = "credentials"
	StepChecks      = "checks"
	StepTest        = "test"
	StepEnable      = "enable"
)

// Wizard is what every step shows: which draft it is about, and how far it is.
type Wizard struct {
	Shell layout.Shell
	Step  string
	Draft WizardDraft
	// Errors are translated, by field; "" is the whole form's.
	Errors map[string]string
}

// WizardDraft is a draft as the steps and the list of accounts show it.
type WizardDraft struct {
	ID, Name  string // ID is "" before there is a draft
	Channel   app.Channel
	AccountID string // whose credentials it replaces; "" for a new account
	Provider  *ProviderChoice
	Identity  string // "" until the credentials say
	Ready     bool   // every check passed
	Tested    bool   // the live test passed with exactly this
	Step      string // where to go on
	Owner     string
	UpdatedAt app.Millis
	ExpiresAt app.Millis
}

// steps are those that this draft goes through.
func (v Wizard) steps() []string {
	if v.Draft.AccountID != "" {
		return []string{StepCredentials, StepChecks, StepTest, StepEnable}
	}
	return []string{StepChannel, StepConnection, StepCredentials, StepChecks, StepTest, StepEnable}
}

// stepState is done, current or ahead.
func (v Wizard) stepState(step string) string {
	steps := v.steps()
	switch at, now := slices.Index(steps, step), slices.Index(steps, v.Step); {
	case at == now:
		return "current"
	case step == StepChecks && v.Draft.Ready, step == StepTest && v.Draft.Tested, at < now && step != StepChecks && step != StepTest:
		return "done"
	}
	return "ahead"
}

// stepHref leads to a step; "" where there is no draft yet, or no way back.
func (v Wizard) stepHref(step string) string {
	if v.Draft.ID == "" || step == StepChannel || step == v.Step {
		return ""
	}
	return v.at(step)
}

func (v Wizard) stepWord(ctx context.Context, step string) string {
	if step == StepEnable && v.Draft.AccountID != "" {
		return i18n.T(ctx, "wizard_step.switch")
	}
	return i18n.T(ctx, "wizard_step."+step)
}

// at is the address of a step, or of what is done in the wizard.
func (v Wizard) at(step string) string { return v.Shell.Scope().Draft(v.Draft.ID, step) }

func (v Wizard) title(ctx context.Context) string {
	switch {
	case v.Draft.AccountID != "":
		return i18n.T(ctx, "wizard.title_replace", "name", v.Draft.Name)
	case v.Draft.ID == "":
		return i18n.T(ctx, "wizard.title")
	case v.Draft.Name == "":
		return i18n.T(ctx, "wizard.title_"+string(v.Draft.Channel))
	}
	return v.Draft.Name
}

// otherMode is the mode that the wizard is not in.
func (v Wizard) otherMode() app.Mode {
	if v.Shell.Mode == app.Test {
		return app.Live
	}
	return app.Test
}

// WizardStart chooses the channel. A draft begins when it is posted.
type WizardStart struct {
	Wizard
	// LiveOnly installations have no other mode to go to.
	LiveOnly bool
}

// WizardConnection names the account and says by whose keys it takes money. It
// posts name and provider, "" for keys of its own.
type WizardConnection struct {
	Wizard
	Name      string
	Chosen    string // the id of a provider, or ""
	Providers []ProviderChoice
}

func (v WizardConnection) nameField(ctx context.Context) components.Field {
	return components.Field{
		Name: "name", Label: i18n.T(ctx, "account_form.name"), Help: i18n.T(ctx, "account_form.name_help"),
		Value: v.Name, Error: v.Errors["name"], Required: true, MaxLength: 64,
	}
}

// WizardCredentials takes keys, certificates and numbers. What is saved is never
// shown again but by its name: see SavedKey. The form posts the fields of the
// credentials, files, and clear for each field to be forgotten; a blank field
// keeps what is saved where that is a key or a certificate.
type WizardCredentials struct {
	Wizard
	Values map[string]string // numbers and choices; no keys
	Saved  map[string]SavedKey
	Files  []FileFinding
	Checks []components.Check
	// MadeKey is the public half of a key that was made here; nil for none.
	MadeKey *MadeKey
	// MakesKey says that a key can be made here.
	MakesKey   bool
	SandboxURL string
}

// SavedKey says what is saved in a field. Kind is private_key, public_key,
// certificate, encrypted_key, certificate_request, unknown, or secret for what is
// no file.
type SavedKey struct {
	Kind        string
	Fingerprint string // of the RSA key; "" without one
	Bits        int
	Name        string // of a certificate, whom it was issued to
	ExpiresAt   app.Millis
	Length      int // of a secret
}

// FileFinding is what became of a file: Field is where it was put, "" where it is
// of no use. Code is the key of its sentences.
type FileFinding struct {
	Name, Code, Field string
	Args              map[string]string
}

// MadeKey is the public half of the app's key, as the channel asks for it.
type MadeKey struct {
	Public      string // bare base64, on one line
	Fingerprint string
}

// form lends the words of the fields.
func (v WizardCredentials) form(ctx context.Context) AccountForm {
	f := AccountForm{Shell: v.Shell, Channel: v.Draft.Channel, Values: v.Values, Errors: map[string]string{}}
	for _, c := range v.Checks {
		_, saved := v.Saved[c.Field]
		if c.Status == "failed" && (saved || v.Values[c.Field] != "") && f.Errors[c.Field] == "" {
			f.Errors[c.Field] = c.Title(ctx)
		}
	}
	for name, text := range v.Errors {
		f.Errors[name] = text
	}
	return f
}

// key is a field for a key or certificate. It is empty whatever is saved.
func (v WizardCredentials) key(ctx context.Context, name string) components.Field {
	f := v.form(ctx).file(ctx, name, true)
	f.Value, f.Conditional = "", true
	if _, saved := v.Saved[name]; saved {
		f.Rows, f.Placeholder = 2, i18n.T(ctx, "wizard.replace_placeholder")
	}
	return f
}

// secret is a field for a secret of one line.
func (v WizardCredentials) secret(ctx context.Context, name string) components.Field {
	f := v.form(ctx).required(ctx, name)
	f.Value, f.Conditional = "", true
	if _, saved := v.Saved[name]; saved {
		f.Placeholder = i18n.T(ctx, "wizard.replace_placeholder")
	}
	return f
}

// savedLine says what is saved: "A private key is saved (fingerprint …, 2048 bits)".
func (k SavedKey) savedLine(ctx context.Context) string {
	switch {
	case k.Kind == "secret":
		return i18n.T(ctx, "wizard_saved.secret", "length", k.Length)
	case k.Kind == "certificate":
		return i18n.T(ctx, "wizard_saved.certificate", "name", k.Name, "date", components.Day(k.ExpiresAt), "fingerprint", k.Fingerprint)
	case k.Fingerprint != "":
		return i18n.T(ctx, "wizard_saved."+k.Kind, "fingerprint", k.Fingerprint, "bits", k.Bits)
	}
	return i18n.T(ctx, "wizard_saved.unreadable", "found", i18n.T(ctx, "key_kind."+k.Kind))
}

// is says what the file is, put where it was put, do what to do about it.
func (f FileFinding) is(ctx context.Context) string {
	return i18n.T(ctx, "file_is."+f.Code, components.CheckArguments(ctx, f.Args)...)
}

func (f FileFinding) do(ctx context.Context, channel app.Channel) string {
	if f.Field != "" {
		return i18n.T(ctx, "wizard.file_put", "field", i18n.T(ctx, "account_form."+string(channel)+"_"+f.Field))
	}
	return i18n.T(ctx, "file_do."+f.Code, components.CheckArguments(ctx, f.Args)...)
}

// WizardChecks shows everything that was found in what is saved.
type WizardChecks struct {
	Wizard
	Checks []components.Check
}

// fixHref leads to the field that a check is about.
func (v WizardChecks) fixHref(c components.Check) string {
	if c.Status == "passed" || c.Field == "" {
		return ""
	}
	return v.at(StepCredentials) + "#field-" + c.Field
}

func (v WizardChecks) count(status string) int {
	n := 0
	for _, c := range v.Checks {
		if c.Status == status {
			n++
		}
	}
	return n
}

// WizardTest is the live test, and the test order after it.
type WizardTest struct {
	Wizard
	Probe *LiveTest // nil before it was made with what is saved
	Order *LiveTest
	// OrderApp is the app the order is placed in; "" when none is named, and then
	// there is none to place.
	OrderApp string
	// KeyUnproven says that no live call shows whether the APIv3 key is right.
	KeyUnproven bool
}

// LiveTest is what a live call came to. Check is its code: probe.… or order.….
type LiveTest struct {
	Passed  bool
	Check   components.Check
	At      app.Millis
	Code    string // the channel's own words, untranslated
	Message string
	Status  int
	Number  string // of a test order
}

// WizardEnable sums up and enables, or switches over.
type WizardEnable struct {
	Wizard
	Facts []Pair
	Apps  []AccountApp
	// TestedAt is when the live test passed with what is saved; 0 when it has not.
	TestedAt app.Millis
	// Approval says that a second person has to agree first.
	Approval bool
}

func (v WizardEnable) enableLine(ctx context.Context) string {
	if v.Draft.AccountID != "" {
		return i18n.T(ctx, "wizard.line_switch")
	}
	return i18n.T(ctx, "wizard.line_enable")
}

func (v WizardEnable) enableWord(ctx context.Context) string {
	if v.Draft.AccountID != "" {
		return i18n.T(ctx, "wizard.switch")
	}
	return i18n.T(ctx, "wizard.enable")
}
