package console

import (
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// auditFileRoutes are those of the log's files: a merchant's stand among its other
// exports, the platform's on a page of their own.
func auditFileRoutes() []Route {
	take := func(c *Console, r *request) error { return c.takeFile(r, trails.Kind) }
	cancel := func(c *Console, r *request) error { return c.cancelFile(r, trails.Kind) }
	retry := func(c *Console, r *request) error { return c.retryFile(r, trails.Kind) }
	one, platform := scoped+"/audit/exports/:log", routes.AdminAuditFiles+"/:copy"
	return []Route{
		post(scoped+"/audit/exports", InMerchant, access.Audit, access.Export, (*Console).askAuditFile),
		get(one+"/file", InMerchant, access.Audit, access.Export, take),
		post(one+"/cancel", InMerchant, access.Audit, access.Export, cancel),
		post(one+"/retry", InMerchant, access.Audit, access.Export, retry),
		get(routes.AdminAuditFiles, OnPlatform, access.Audit, access.Export, (*Console).auditFilesPage),
		post(routes.AdminAuditFiles, OnPlatform, access.Audit, access.Export, (*Console).askAuditFile),
		get(platform+"/file", OnPlatform, access.Audit, access.Export, take),
		post(platform+"/cancel", OnPlatform, access.Audit, access.Export, cancel),
		post(platform+"/retry", OnPlatform, access.Audit, access.Export, retry),
	}
}

// fileScope is whose exports the request is about. The platform's are kept as
// those of a merchant of that name, which no merchant can have.
func (r *request) fileScope() exports.Scope {
	if r.route.Place == OnPlatform {
		return exports.Scope{MerchantID: audit.Platform, Mode: app.Live}
	}
	return exports.Scope(r.scope())
}

// filesAt is the page that lists them.
func (r *request) filesAt() string {
	if r.route.Place == OnPlatform {
		return routes.AdminAuditFiles
	}
	return r.to().Files()
}

// auditDownload offers the log as it is filtered as a file, to those who may have
// it.
func (c *Console) auditDownload(r *request, q auditQuery, bar components.Filters) (components.Download, error) {
	domain := r.merchant.ID
	if r.route.Place == OnPlatform {
		domain = access.Platform
	}
	may, err := c.Access.Allowed(r.ctx, r.user.ID, domain, access.Audit, access.Export)
	if err != nil || !may || q.shown.TimeError != "" || r.viewing {
		return components.Download{}, err
	}
	return components.Download{Action: r.auditPlace().list + "/exports", CSRF: c.formToken(r), Filters: bar.Hidden(), List: r.filesAt()}, nil
}

// askAuditFile has everything that the filters select made a file.
func (c *Console) askAuditFile(r *request) error {
	place := r.auditPlace()
	q := r.auditQuery(place, r.field)
	if q.shown.TimeError != "" {
		return notExportable()
	}
	var err error
	if q.shown.Actors, err = c.auditActors(r, place.chain, q.shown.Actor, nil); err != nil {
		return err
	}
	params, err := trails.Params(q.filter)
	if err != nil {
		return err
	}
	name := []string{"audit"}
	if r.route.Place == OnPlatform {
		name = append(name, "platform")
	}
	if q.shown.From != "" {
		name = append(name, q.shown.From)
	}
	if last := q.shown.To; last != "" {
		name = append(name, last)
	} else {
		name = append(name, c.today())
	}
	bar := q.shown.Bar(i18n.With(r.ctx, r.words), place.list)
	return c.askFileAs(r, trails.Kind, params, bar, strings.Join(name, "_"))
}

// auditFilesPage lists the exports of the platform's log.
func (c *Console) auditFilesPage(r *request) error {
	s, err := c.shell(r, layout.NavPlatform)
	if err != nil {
		return err
	}
	view, err := c.filesView(r, []string{trails.Kind})
	if err != nil {
		return err
	}
	view.Shell, view.Title, view.List = s, r.t("audit.exports"), routes.AdminAudit
	return c.page(r, pages.FilesPage(view))
}

// auditBar makes the log's filter bar of kept filters.
func (c *Console) auditBar(r *request, value values) (components.Filters, error) {
	place := r.auditPlace()
	q := r.auditQuery(place, value)
	var err error
	if q.shown.Actors, err = c.auditActors(r, place.chain, q.shown.Actor, nil); err != nil {
		return components.Filters{}, err
	}
	return q.shown.Bar(i18n.With(r.ctx, r.words), place.list), nil
}

// AuditWords are the console's words for the log, for its files.
func AuditWords(words *i18n.Bundle) trails.Words { return auditWords{words} }

type auditWords struct{ words *i18n.Bundle }

func (w auditWords) Action(locale, action string) string {
	key := pages.AuditActionKey(action)
	if l := w.words.Localizer(i18n.Lang(locale)); l.Has(key) {
		return l.T(key)
	}
	return action
}

func (auditWords) Device(agent string) string { return deviceName(agent) }

func (auditWords) Changes(before, after string) string {
	var out []string
	for _, c := range auditChanges(before, after) {
		text := c.Field + ": "
		if c.Before != nil {
			text += *c.Before + " → "
		}
		if c.After != nil {
			text += *c.After
		}
		out = append(out, strings.TrimSpace(text))
	}
	return strings.Join(out, "\n")
}
