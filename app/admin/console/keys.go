package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const keyExpiresSoon = 14 * 24 * time.Hour

// keysPage lists the API keys of this mode.
func (c *Console) keysPage(r *request) error {
	list, err := c.Merchants.Keys(r.ctx, merchants.KeyFilter{MerchantID: r.merchant.ID, Mode: r.mode, Limit: countAtMost})
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavKeys)
	if err != nil {
		return err
	}
	view := pages.Keys{Shell: s}
	for _, k := range list {
		view.Rows = append(view.Rows, c.keyRow(k))
	}
	return c.page(r, pages.KeysPage(view))
}

func (c *Console) keyRow(k merchants.Key) pages.KeyRow {
	row := pages.KeyRow{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt, ExpiresAt: k.ExpiresAt,
		Status: "active", Rolled: k.RolledTo != "",
	}
	for _, s := range k.Scopes {
		row.Scopes = append(row.Scopes, string(s))
	}
	for _, p := range k.AllowedIPs {
		text := p.String()
		if p.IsSingleIP() {
			text = p.Addr().String()
		}
		row.AllowedIPs = append(row.AllowedIPs, text)
	}
	now := app.ToMillis(c.Clock.Now())
	switch {
	case k.RevokedAt != 0:
		row.Status = "revoked"
	case k.ExpiresAt != 0 && k.ExpiresAt <= now:
		row.Status = "expired"
	case k.ExpiresAt != 0 && k.ExpiresAt <= now.Add(keyExpiresSoon):
		row.Status = "expiring"
	}
	return row
}

func (c *Console) keyForm(r *request) error {
	s, err := c.shell(r, layout.NavKeys)
	if err != nil {
		return err
	}
	return c.page(r, pages.KeyFormPage(pages.KeyForm{Shell: s}))
}

// createKey makes a key and shows its secret, in this answer only.
func (c *Console) createKey(r *request) error {
	s, err := c.shell(r, layout.NavKeys)
	if err != nil {
		return err
	}
	form := pages.KeyForm{
		Shell: s, Name: r.field("name"), Scopes: r.form["scopes"], AllowedIPs: r.field("allowed_ips"), Expires: r.field("expires"),
	}
	in := merchants.KeyInput{Name: form.Name, AllowedIPs: lines(form.AllowedIPs)}
	for _, scope := range form.Scopes {
		in.Scopes = append(in.Scopes, merchants.Scope(scope))
	}
	var understood bool
	if in.ExpiresAt, understood = readDay(form.Expires); !understood {
		form.Errors = map[string]string{"expires": r.t("payments.day_error")}
		return c.refuse(r, pages.KeyFormPage(form))
	}
	k, secret, err := c.Merchants.CreateKey(r.ctx, r.merchant.ID, r.mode, in)
	if wantsSecond(err) {
		a, err := c.Changes.Key(r.ctx, r.merchant.ID, r.mode, in)
		return c.asked(r, a, err)
	}
	if form.Errors = c.fieldErrors(r, err); form.Errors != nil {
		return c.refuse(r, pages.KeyFormPage(form))
	}
	if err != nil {
		return err
	}
	return c.showKey(r, s, k, secret)
}

func (c *Console) showKey(r *request, s layout.Shell, k merchants.Key, secret string) error {
	example := strings.Join([]string{
		"curl -sS " + quote(c.apiAddress(r)+"/echo"), "-H " + quote("Authorization: Bearer "+secret),
		"-H 'Content-Type: application/json'", "-d '{}'",
	}, " \\\n  ")
	return c.page(r, pages.NewKeyPage(pages.NewSecret{Shell: s, Name: k.Name, Secret: secret, Example: example}))
}

// key returns the key of the path in this mode.
func (c *Console) key(r *request) (merchants.Key, error) {
	id, err := r.id("key", app.PrefixKey)
	if err != nil {
		return merchants.Key{}, err
	}
	k, err := c.Merchants.Key(r.ctx, r.merchant.ID, id)
	if err == nil && k.Mode != r.mode {
		return merchants.Key{}, app.Errorf(app.NotFound, "no key of that id in this mode")
	}
	return k, err
}

// rollKey replaces a key; the old one goes on for the hours that were chosen.
func (c *Console) rollKey(r *request) error {
	old, err := c.key(r)
	if err != nil {
		return err
	}
	hours, err := strconv.Atoi(r.field("overlap"))
	if err != nil || hours < 0 || hours > 24*7 {
		return app.InvalidField("overlap", "out_of_range", "the overlap is at most seven days")
	}
	k, secret, err := c.Merchants.RollKey(r.ctx, r.merchant.ID, old.ID, time.Duration(hours)*time.Hour, time.Time{})
	if wantsSecond(err) {
		a, err := c.Changes.Roll(r.ctx, old, time.Duration(hours)*time.Hour)
		return c.asked(r, a, err)
	}
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavKeys)
	if err != nil {
		return err
	}
	return c.showKey(r, s, k, secret)
}

// revokeKey ends a key at once, when its name was typed.
func (c *Console) revokeKey(r *request) error {
	k, err := c.key(r)
	if err != nil {
		return err
	}
	if err := r.confirmed(k.Name); err != nil {
		return err
	}
	if _, err := c.Merchants.RevokeKey(r.ctx, r.merchant.ID, k.ID); err != nil {
		return err
	}
	return c.done(r, r.to().Keys(), "key_revoked")
}

// confirmed checks what was typed before a dangerous act.
func (r *request) confirmed(text string) error {
	if r.field("confirm") != text {
		return app.Errorf(app.Invalid, "the text typed to confirm differs").WithReason("confirm_differs")
	}
	return nil
}

// lines splits what was written one per line, or by commas.
func lines(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" ,;\r\n\t，；", c) })
}
