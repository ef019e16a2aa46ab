package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	trails "github.com/piaohao/piaohao/app/audit/files"
	"github.com/piaohao/piaohao/app/exports"
	"github.com/piaohao/piaohao/app/payments/files"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// download offers a filtered list as a file.
func (c *Console) download(r *request, list string, bar components.Filters) components.Download {
	return components.Download{Action: r.to().AskFile(list), CSRF: c.formToken(r), Filters: bar.Hidden(), List: r.to().Files()}
}

// askPaymentsFile has the whole filtered list of payments made a file.
func (c *Console) askPaymentsFile(r *request) error {
	q, err := c.paymentQuery(r, r.field)
	if err != nil {
		return err
	}
	if _, err := c.listPayments(r, &q); err != nil { // checks the filter, too
		return err
	}
	if q.lookup() || q.wrong() {
		return notExportable()
	}
	first, last := c.exactDays(q.browse.From, q.browse.To)
	if !byHour(q.shown.From, q.shown.To) {
		q.shown.From, q.shown.To = first, last
	}
	q.shown.Period, q.shown.Sort = nil, ""
	params, err := files.PaymentParams(q.browse)
	if err != nil {
		return err
	}
	bar := q.shown.Bar(i18n.With(r.ctx, r.words), r.to().Payments())
	return c.askFile(r, files.Payments, params, bar, first+"_"+last)
}

// askRefundsFile has the whole filtered list of refunds made a file.
func (c *Console) askRefundsFile(r *request) error {
	q, err := c.refundQuery(r, r.field)
	if err != nil {
		return err
	}
	if _, err := c.listRefunds(r, &q); err != nil {
		return err
	}
	if q.lookup() || q.wrong() {
		return notExportable()
	}
	name := "all_" + c.today()
	if q.browse.From != 0 || q.browse.To != 0 {
		first, last := c.exactDays(q.browse.From, q.browse.To)
		if !byHour(q.shown.From, q.shown.To) {
			q.shown.From, q.shown.To = first, last
		}
		name = first + "_" + last
	}
	q.shown.Period, q.shown.Sort = nil, ""
	params, err := files.RefundParams(q.browse)
	if err != nil {
		return err
	}
	bar := q.shown.Bar(i18n.With(r.ctx, r.words), r.to().Refunds())
	return c.askFile(r, files.Refunds, params, bar, name)
}

func notExportable() error {
	return app.Errorf(app.Invalid, "the filters of the list to be exported cannot be read").WithReason("export_filter")
}

// exactDays writes a range of times as the dates that an export keeps, whatever
// "the last 30 days" will mean later.
func (c *Console) exactDays(from, to app.Millis) (first, last string) {
	last = c.today()
	if to != 0 {
		last = to.Add(-time.Millisecond).Time().In(app.Beijing).Format(time.DateOnly)
	}
	return from.Time().In(app.Beijing).Format(time.DateOnly), last
}

// byHour reports whether a range is of hours, which are kept as they are.
func byHour(from, to string) bool { return from != "" && to != "" && strings.Contains(from+to, "T") }

func (c *Console) today() string { return c.Clock.Now().In(app.Beijing).Format(time.DateOnly) }

func (c *Console) askFile(r *request, kind, params string, bar components.Filters, name string) error {
	return c.askFileAs(r, kind, params, bar, fmt.Sprintf("%s_%s_%s", kind, r.mode, name))
}

func (c *Console) askFileAs(r *request, kind, params string, bar components.Filters, name string) error {
	format := exports.XLSX
	if text := r.field("format"); text != "" {
		var err error
		if format, err = exports.ParseFormat(text); err != nil {
			return err
		}
	}
	_, err := c.Exports.Ask(r.ctx, exports.Request{
		Scope: r.fileScope(), Kind: kind, Params: params, Query: bar.Values().Encode(), Format: format, Locale: string(r.lang), Name: name, By: r.person(),
	})
	if err != nil {
		return err
	}
	return c.done(r, r.filesAt(), "file_asked")
}

// filesPage lists the exports of the lists that the user may export.
func (c *Console) filesPage(r *request) error {
	s, err := c.shell(r, layout.NavFiles)
	if err != nil {
		return err
	}
	var kinds []string
	if s.Can.PaymentExport {
		kinds = append(kinds, files.Payments)
	}
	if s.Can.RefundExport {
		kinds = append(kinds, files.Refunds)
	}
	if s.Can.AuditExport {
		kinds = append(kinds, trails.Kind)
	}
	view, err := c.filesView(r, kinds)
	if err != nil {
		return err
	}
	view.Shell, view.Title, view.List = s, r.t("nav.files"), r.to().Payments()
	if !s.Can.Payments {
		view.List = ""
	}
	return c.page(r, pages.FilesPage(view))
}

// filesView lists the exports of the kinds.
func (c *Console) filesView(r *request, kinds []string) (pages.Files, error) {
	before := cursorOf(r.query, app.PrefixExport)
	list, err := c.Exports.List(r.ctx, r.fileScope(), kinds, before)
	if err != nil {
		return pages.Files{}, err
	}
	view := pages.Files{Forbidden: len(kinds) == 0, Pager: components.Pager{Path: r.filesAt(), Later: before != "", Shown: len(list)}}
	if len(list) == exports.Listed {
		view.Pager.Next = list[len(list)-1].ID
	}
	view.Rows, err = c.fileRows(r, list)
	return view, err
}

func (c *Console) fileRows(r *request, list []exports.Export) ([]pages.FileRow, error) {
	var out []pages.FileRow
	for _, e := range list {
		bar, err := c.bar(r, e.Kind, keptValues(e.Query))
		if err != nil {
			return nil, err
		}
		row := pages.FileRow{
			ID: e.ID, At: r.fileAt(e), List: e.Kind, Format: string(e.Format), Filters: bar.Chips(), Href: bar.Here(),
			Status: string(e.Status), Rows: e.Rows, Size: e.Size, Progress: e.Progress, Name: e.FileName(), SHA256: e.SHA256, Problem: e.Error,
			RequestedBy: personOf(e.By), RequestedAt: e.CreatedAt, ReadyAt: e.FinishedAt, ExpiresAt: e.ExpiresAt,
			Working: e.Status.Working(), Again: e.Status.Again(),
		}
		if bar.Period != nil && !bar.Period.Default {
			row.Period = bar.Period.Days
		}
		out = append(out, row)
	}
	return out, nil
}

// fileAt is an export's address, below which are its file and what can be done
// with it.
func (r *request) fileAt(e exports.Export) string {
	if r.route.Place == OnPlatform {
		return routes.AdminAuditFiles + "/" + e.ID
	}
	return r.to().AskFile(e.Kind) + "/" + e.ID
}

func (r *request) fileID(kind string) (string, error) {
	if kind == trails.Kind && r.route.Place == OnPlatform {
		return r.id("copy", app.PrefixExport)
	}
	return r.id(fileParam(kind), app.PrefixExport)
}

// takeFile hands out a file.
func (c *Console) takeFile(r *request, kind string) error {
	id, err := r.fileID(kind)
	if err != nil {
		return err
	}
	e, body, err := c.Exports.Open(r.ctx, r.fileScope(), kind, id, r.person())
	if err != nil {
		return err
	}
	return r.handOut(e.FileName(), statements.Format(e.Format), body)
}

// cancelFile ends an export that is not finished.
func (c *Console) cancelFile(r *request, kind string) error {
	id, err := r.fileID(kind)
	if err != nil {
		return err
	}
	if err := c.Exports.Cancel(r.ctx, r.fileScope(), kind, id, r.person()); err != nil {
		return err
	}
	return c.done(r, r.filesAt(), "export_cancelled")
}

// retryFile makes an export once more.
func (c *Console) retryFile(r *request, kind string) error {
	id, err := r.fileID(kind)
	if err != nil {
		return err
	}
	if err := c.Exports.Retry(r.ctx, r.fileScope(), kind, id, r.person()); err != nil {
		return err
	}
	return c.done(r, r.filesAt(), "file_asked")
}
