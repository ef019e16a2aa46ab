package console

import (
	"io"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/archive"
	"github.com/piaohao/piaohao/app/reconcile/statements"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// statementFile hands out a statement. A large day's file is made in the
// background first: then the list of downloads tells when it is there.
func (c *Console) statementFile(r *request) error {
	id, err := r.id("statement", app.PrefixStatement)
	if err != nil {
		return err
	}
	format, err := statements.ParseFormat(r.query("format"))
	if err != nil {
		return err
	}
	f, err := c.Statements.File(r.ctx, r.scope(), id, format, string(r.lang), r.person())
	if err != nil {
		return err
	}
	if f.Body == nil {
		return c.done(r, r.to().Exports(), "export_asked")
	}
	return r.handOut(f.Name, f.Format, f.Body)
}

// handOut sends a file of the archive.
func (r *request) handOut(name string, format statements.Format, body archive.Blob) error {
	kind := map[statements.Format]string{
		statements.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", statements.CSV: "text/csv; charset=utf-8",
		statements.Zip: "application/zip",
	}[format]
	r.attach(name, kind)
	return r.SendStream(section{io.NewSectionReader(body, 0, body.Size()), body}, int(body.Size()))
}

// askMonthFile has a month packed in the background.
func (c *Console) askMonthFile(r *request) error {
	month := r.field("month")
	_, err := c.Statements.AskMonth(r.ctx, r.scope(), month, string(r.lang), r.person())
	if app.Is(err, app.Conflict) || app.Is(err, app.Invalid) {
		view, viewErr := c.monthView(r, month)
		if viewErr != nil {
			return viewErr
		}
		view.Errors = c.fieldErrors(r, err)
		if app.Is(err, app.Invalid) {
			view.Errors = map[string]string{"": r.t("month.error")}
		}
		return c.refuse(r, pages.ReconcileMonthPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().ReconcileMonth(month)+"#files", "export_asked")
}

// exportsPage lists the files that were made in the background.
func (c *Console) exportsPage(r *request) error {
	s, err := c.shell(r, layout.NavReconcile)
	if err != nil {
		return err
	}
	before := r.query("cursor")
	if !app.ValidID(app.PrefixExport, before) {
		before = ""
	}
	list, err := c.Statements.Exports(r.ctx, r.scope(), before)
	if err != nil {
		return err
	}
	view := pages.Exports{Shell: s, Rows: exportRows(list), Pager: components.Pager{Path: r.OriginalURL(), Later: before != "", Shown: len(list)}}
	if len(list) == statements.ExportsListed {
		view.Pager.Next = list[len(list)-1].ID
	}
	return c.page(r, pages.ExportsPage(view))
}

func exportRows(list []statements.Export) []pages.ExportRow {
	var out []pages.ExportRow
	for _, e := range list {
		period, _, _ := strings.Cut(e.ObjectID, ".")
		out = append(out, pages.ExportRow{
			ID: e.ID, Kind: e.Kind, Period: period, Format: string(e.Format), Status: string(e.Status), Done: e.Progress, Total: e.Total, Size: e.Size, Name: e.Name,
			SHA256: e.SHA256(), RequestedBy: personOf(e.Requested), RequestedAt: e.CreatedAt, ReadyAt: e.FinishedAt, Problem: e.Error,
		})
	}
	return out
}

// exportFile hands out a file that was made in the background.
func (c *Console) exportFile(r *request) error {
	id, err := r.id("export", app.PrefixExport)
	if err != nil {
		return err
	}
	e, body, err := c.Statements.OpenExport(r.ctx, r.scope(), id, r.person())
	if err != nil {
		return err
	}
	return r.handOut(e.Name, e.Format, body)
}
