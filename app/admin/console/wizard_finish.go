package console

import (
	"errors"
	"maps"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// wizardChecks shows what was found in what is saved.
func (c *Console) wizardChecks(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	w, err := c.wizard(r, pages.StepChecks, d)
	if err != nil {
		return err
	}
	report, err := c.inspectDraft(r, d)
	if err != nil {
		return err
	}
	return c.page(r, pages.WizardChecksPage(pages.WizardChecks{Wizard: w, Checks: d.checks(report)}))
}

// checks are everything found in a draft: in its credentials, and in what an
// account needs besides.
func (d drafted) checks(report channel.Report) []components.Check {
	if d.content.Credentials == nil {
		return nil
	}
	out := checksOf(report)
	if merchants.CheckAccountName(d.Name) != nil {
		out = append(out, components.Check{Code: "draft.name_missing", Status: "failed"})
	}
	if d.AccountID != "" {
		return out
	}
	var wrong *app.Error
	if errors.As(merchants.CheckAccountApps(d.Channel, d.content.Apps, report), &wrong) {
		code := "draft.app_invalid"
		if len(d.content.Apps) == 0 {
			code = "draft.app_missing"
		}
		out = append(out, components.Check{Code: code, Field: d.appFields()[0][0], Status: "failed"})
	}
	return out
}

func (c *Console) testView(r *request, d drafted) (pages.WizardTest, error) {
	w, err := c.wizard(r, pages.StepTest, d)
	if err != nil {
		return pages.WizardTest{}, err
	}
	texts := d.texts()
	view := pages.WizardTest{Wizard: w, KeyUnproven: d.Channel == app.WeChat && d.provider.ID == "" && texts["mode"] == "public_key"}
	if d.Probe.Made(d.Draft) {
		view.Probe = liveTest(d.Probe, "probe")
	}
	if d.Order.Made(d.Draft) {
		view.Order = liveTest(d.Order, "order")
	}
	view.OrderApp, err = c.orderApp(r, d, texts)
	return view, err
}

// orderApp is the app in which a test order would be placed.
func (c *Console) orderApp(r *request, d drafted, texts map[string]string) (string, error) {
	if d.AccountID != "" {
		a, err := c.Merchants.Account(r.ctx, r.merchant.ID, d.AccountID)
		return a.DefaultApp(), err
	}
	if len(d.content.Apps) > 0 {
		return d.content.Apps[0].AppID, nil
	}
	if d.provider.ID != "" {
		return d.provider.AppID, nil
	}
	return texts["app_id"], nil
}

// liveTest is a kept outcome as the page shows it.
func liveTest(t merchants.DraftTest, what string) *pages.LiveTest {
	f := t.Failure
	out := &pages.LiveTest{Passed: f == merchants.Failure{}, At: t.At, Code: f.Code, Message: f.Message, Status: f.Status, Number: t.Number}
	out.Check = failureCheck(f)
	switch {
	case out.Passed:
		out.Check = components.Check{Code: what + ".passed", Status: "passed", Args: map[string]string{"app": t.AppID}}
	case what == "order" && t.Placed:
		out.Check = components.Check{Code: "order.not_closed", Status: "warning", Args: map[string]string{"number": t.Number}}
	}
	return out
}

// failureCheck explains a failed live call: what it most likely means where that
// is known, and what its kind lets us conclude otherwise.
func failureCheck(f merchants.Failure) components.Check {
	check := components.Check{Code: "probe." + f.Reason, Status: "failed", Args: map[string]string{"code": f.Code, "message": f.Message}}
	if f.Reason != "" {
		return check
	}
	switch f.Kind {
	case channel.KindRefused, channel.KindNumberUsed:
		check.Code = "probe.refused"
	case channel.KindConfig:
		check.Code = "probe.config"
	case channel.KindRateLimited, channel.KindHeld:
		check.Code = "probe." + channel.ReasonBusy
	default:
		check.Code = "probe.unreachable"
	}
	return check
}

// wizardTest offers the live test and shows what it came to.
func (c *Console) wizardTest(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	view, err := c.testView(r, d)
	if err != nil {
		return err
	}
	return c.page(r, pages.WizardTestPage(view))
}

// testDraft makes the live test. Its outcome, good or bad, stands on the page.
func (c *Console) testDraft(r *request) error {
	return c.callLive(r, func(d drafted) (merchants.Draft, error) {
		return c.Merchants.ProbeDraft(r.ctx, r.merchant.ID, r.mode, d.ID, d.inspector, c.Probe)
	})
}

// tryDraft places and closes a test order.
func (c *Console) tryDraft(r *request) error {
	return c.callLive(r, func(d drafted) (merchants.Draft, error) {
		return c.Merchants.TryDraft(r.ctx, r.merchant.ID, r.mode, d.ID, d.inspector, c.Trial)
	})
}

func (c *Console) callLive(r *request, call func(drafted) (merchants.Draft, error)) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	_, err = call(d)
	if problems := c.draftErrors(r, err); problems != nil {
		view, err := c.testView(r, d)
		if err != nil {
			return err
		}
		view.Errors = problems
		return c.refuse(r, pages.WizardTestPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().Draft(d.ID, pages.StepTest), "")
}

// draftErrors are what stands in the way of a live call or of the end, as the
// whole form's: its fields are on other steps.
func (c *Console) draftErrors(r *request, err error) map[string]string {
	problems := c.fieldErrors(r, err)
	if problems == nil {
		return nil
	}
	names := slices.Sorted(maps.Keys(problems))
	if len(names) == 0 {
		return nil
	}
	if names[0] == "appid" || names[0] == "name" {
		return map[string]string{"": r.t("wizard.missing_" + names[0])}
	}
	return map[string]string{"": problems[names[0]]}
}

func (c *Console) enableView(r *request, d drafted) (pages.WizardEnable, error) {
	w, err := c.wizard(r, pages.StepEnable, d)
	if err != nil {
		return pages.WizardEnable{}, err
	}
	report, err := c.inspectDraft(r, d)
	if err != nil {
		return pages.WizardEnable{}, err
	}
	view := pages.WizardEnable{Wizard: w, Facts: c.factsShown(r, report.Facts, d.Channel)}
	for _, x := range d.content.Apps {
		view.Apps = append(view.Apps, pages.AccountApp{AppID: x.AppID, Kind: string(x.Kind)})
	}
	if d.Probe.Passed(d.Draft) {
		view.TestedAt = d.Probe.At
	}
	view.Approval, err = c.Merchants.TwoPeople(r.ctx, c.DB, r.merchant.ID)
	return view, err
}

// factsShown are the facts that have a word, in its order; the mode in its own.
func (c *Console) factsShown(r *request, facts map[string]string, name app.Channel) []pages.Pair {
	var out []pages.Pair
	for _, fact := range slices.Sorted(maps.Keys(facts)) {
		if !r.words.Has("fact."+fact) || fact == "certificate_expires_at" {
			continue
		}
		p := pages.Pair{Name: fact, Value: facts[fact]}
		if fact == "mode" {
			p.Value = r.t("account_form." + string(name) + "_mode_" + p.Value)
		}
		out = append(out, p)
	}
	return out
}

// wizardEnable sums up what is to be enabled.
func (c *Console) wizardEnable(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	view, err := c.enableView(r, d)
	if err != nil {
		return err
	}
	return c.page(r, pages.WizardEnablePage(view))
}

// finishDraft enables the account, or switches it over, once its live test passes
// again. When it does not, the test's page says why, and nothing has changed.
func (c *Console) finishDraft(r *request) error {
	d, err := c.draft(r)
	if err != nil {
		return err
	}
	a, err := c.Merchants.FinishDraft(r.ctx, r.merchant.ID, r.mode, d.ID, d.inspector, c.Probe)
	if wantsSecond(err) || err == nil && !a.Enabled && d.AccountID == "" {
		return c.askForDraft(r, d, a)
	}
	if reasonOf(err) == "account_probe_failed" {
		return c.done(r, r.to().Draft(d.ID, pages.StepTest), "")
	}
	if problems := c.draftErrors(r, err); problems != nil {
		view, err := c.enableView(r, d)
		if err != nil {
			return err
		}
		view.Errors = problems
		return c.refuse(r, pages.WizardEnablePage(view))
	}
	if err != nil {
		return err
	}
	note := "account_enabled"
	if d.AccountID != "" {
		note = "credentials_saved"
	}
	return c.done(r, r.to().Account(a.ID), note)
}

// askForDraft asks the second person that the merchant wants: to enable the new
// account, or to let the draft's credentials, which wait with the request, take
// the place of the others.
func (c *Console) askForDraft(r *request, d drafted, a merchants.Account) error {
	if d.AccountID == "" {
		asked, err := c.Changes.Enable(r.ctx, a, c.Probe)
		return c.asked(r, asked, err)
	}
	a, err := c.Merchants.Account(r.ctx, r.merchant.ID, d.AccountID)
	if err != nil {
		return err
	}
	asked, _, err := c.Changes.Replace(r.ctx, a, d.content.Credentials, d.inspector, c.Probe)
	if err == nil {
		err = c.Merchants.DiscardDraft(r.ctx, r.merchant.ID, r.mode, d.ID)
	}
	return c.asked(r, asked, err)
}

// reasonOf is the reason of an error, "" for none.
func reasonOf(err error) string {
	var e *app.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
