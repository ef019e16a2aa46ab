package console

import (
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// scopedDraft is the start of every address about one draft of an account.
const scopedDraft = scoped + "/accounts/drafts/:draft"

// wizardRoutes register an account, or replace the credentials of one, step by
// step: each step is an address, and what was entered is kept between them.
func wizardRoutes() []Route {
	write := func(method func(string, Place, access.Object, access.Action, func(*Console, *request) error) Route, path string, h func(*Console, *request) error) Route {
		return method(path, InMerchant, access.Accounts, access.Write, h)
	}
	return []Route{
		write(get, scoped+"/accounts/new", (*Console).wizardStart),
		write(post, scoped+"/accounts/new", (*Console).startDraft),
		fresh(write(post, scoped+"/accounts/:account/credentials", (*Console).startReplacement)),
		write(get, scopedDraft+"/connection", (*Console).wizardConnection),
		write(post, scopedDraft+"/connection", (*Console).saveConnection),
		write(get, scopedDraft+"/credentials", (*Console).wizardCredentials),
		write(post, scopedDraft+"/credentials", (*Console).saveDraftCredentials),
		write(post, scopedDraft+"/files", (*Console).saveDraftFiles),
		write(post, scopedDraft+"/check", (*Console).checkDraft),
		write(post, scopedDraft+"/key", (*Console).makeDraftKey),
		write(get, scopedDraft+"/public-key/file", (*Console).draftPublicKey),
		write(get, scopedDraft+"/checks", (*Console).wizardChecks),
		write(get, scopedDraft+"/test", (*Console).wizardTest),
		write(post, scopedDraft+"/test", (*Console).testDraft),
		write(post, scopedDraft+"/order", (*Console).tryDraft),
		write(get, scopedDraft+"/enable", (*Console).wizardEnable),
		fresh(write(post, scopedDraft+"/enable", (*Console).finishDraft)),
		write(post, scopedDraft+"/discard", (*Console).discardDraft),
	}
}

// drafted is a draft with what was entered and who reads it.
type drafted struct {
	merchants.Draft
	content   merchants.DraftContent
	inspector Inspector
	provider  merchants.Provider // zero for keys of its own
}

// draft returns the draft of the path.
func (c *Console) draft(r *request) (drafted, error) {
	id, err := r.id("draft", app.PrefixDraft)
	if err != nil {
		return drafted{}, err
	}
	var d drafted
	if d.Draft, d.content, err = c.Merchants.Draft(r.ctx, r.merchant.ID, r.mode, id); err != nil {
		return d, err
	}
	if _, d.inspector, err = c.channelOf(r, string(d.Channel)); err != nil {
		return d, err
	}
	d.provider, err = c.providerFor(r, d.Channel, d.ProviderID)
	return d, err
}

// wizard is the frame of a step.
func (c *Console) wizard(r *request, step string, d drafted) (pages.Wizard, error) {
	s, err := c.shell(r, layout.NavAccounts)
	if err != nil {
		return pages.Wizard{}, err
	}
	w := pages.Wizard{Shell: s, Step: step, Draft: draftRow(d.Draft)}
	if d.provider.ID != "" {
		chosen := providerChoice(d.provider)
		w.Draft.Provider = &chosen
	}
	return w, nil
}

func draftRow(d merchants.Draft) pages.WizardDraft {
	return pages.WizardDraft{
		ID: d.ID, Name: d.Name, Channel: d.Channel, AccountID: d.AccountID, Identity: d.Identity, Ready: d.Ready,
		Tested: d.Ready && d.Probe.Passed(d), Step: nextStep(d), Owner: d.OwnerName, UpdatedAt: d.UpdatedAt, ExpiresAt: d.ExpiresAt,
	}
}

// nextStep is where a draft is gone on with.
func nextStep(d merchants.Draft) string {
	switch {
	case d.Name == "":
		return pages.StepConnection
	case !d.Ready:
		return pages.StepCredentials
	case !d.Probe.Passed(d):
		return pages.StepTest
	}
	return pages.StepEnable
}

// wizardStart asks for the channel.
func (c *Console) wizardStart(r *request) error {
	w, err := c.wizard(r, pages.StepChannel, drafted{})
	if err != nil {
		return err
	}
	return c.page(r, pages.WizardStartPage(pages.WizardStart{Wizard: w, LiveOnly: c.LiveOnly}))
}

// startDraft begins a draft for the channel that was chosen.
func (c *Console) startDraft(r *request) error {
	name := app.Channel(r.field("channel"))
	if c.Inspectors[name] == nil {
		w, err := c.wizard(r, pages.StepChannel, drafted{})
		if err != nil {
			return err
		}
		w.Errors = map[string]string{"channel": r.t("wizard.choose_channel")}
		return c.refuse(r, pages.WizardStartPage(pages.WizardStart{Wizard: w, LiveOnly: c.LiveOnly}))
	}
	d, err := c.Merchants.StartDraft(r.ctx, merchants.NewDraft{
		MerchantID: r.merchant.ID, Mode: r.mode, Channel: name, OwnerID: r.user.ID, OwnerName: r.user.Name,
	})
	if err != nil {
		return err
	}
	return c.done(r, r.to().Draft(d.ID, pages.StepConnection), "")
}

// startReplacement begins other credentials for an account; until they work it
// goes on with those it has.
func (c *Console) startReplacement(r *request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	d, err := c.Merchants.StartReplacement(r.ctx, r.merchant.ID, a.ID, r.user.ID, r.user.Name)
	if err != nil {
		return err
	}
	return c.done(r, r.to().Draft(d.ID, pages.StepCredentials), "")
}

func (c *Console) connectionView(r *request, d drafted) (pages.WizardConnection, error) {
	w, err := c.wizard(r, pages.StepConnection, d)
	if err != nil {
		return pages.WizardConnection{}, err
	}
	view := pages.WizardConnection{Wizard: w, Name: d.Name, Chosen: d.ProviderID}
	list, err := c.Merchants.Providers(r.ctx, r.mode)
	for _, p := range list {
		if p.Channel == d.Channel && p.Enabled {
			view.Providers = append(view.Providers, providerChoice(p))
		}
	}
	return view, err
}

// wizardConnection asks for the account's name and by whose keys it takes money.
func (c *Console) wizardConnection(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	view, err := c.connectionView(r, d)
	if err != nil {
		return err
	}
	return c.page(r, pages.WizardConnectionPage(view))
}

// saveConnection keeps the answer. Another owner of the keys needs other
// credentials, so what was entered before is forgotten then.
func (c *Console) saveConnection(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	chosen, err := c.providerFor(r, d.Channel, r.field("provider"))
	if err != nil {
		return err
	}
	d.Name = r.field("name")
	content := d.content
	if d.AccountID == "" && d.ProviderID != chosen.ID {
		d.ProviderID, d.provider, content = chosen.ID, chosen, merchants.DraftContent{}
	}
	problem := merchants.CheckAccountName(d.Name)
	if problem == nil {
		_, problem = c.Merchants.SaveDraft(r.ctx, d.Draft, content, d.inspector)
	}
	if errors := c.fieldErrors(r, problem); errors != nil {
		view, err := c.connectionView(r, d)
		if err != nil {
			return err
		}
		view.Errors = errors
		return c.refuse(r, pages.WizardConnectionPage(view))
	}
	if problem != nil {
		return problem
	}
	return c.done(r, r.to().Draft(d.ID, pages.StepCredentials), "")
}

// discardDraft forgets a draft.
func (c *Console) discardDraft(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	if err := c.Merchants.DiscardDraft(r.ctx, r.merchant.ID, r.mode, d.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Accounts(), "draft_discarded")
}

// blank reports whether a form's text says nothing.
func blank(text string) bool { return strings.TrimSpace(text) == "" }
