package console

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// exceptionImport is where spreadsheets are uploaded: the one form that may be
// larger than others.
const exceptionImport = scoped + "/exceptions/import"

// UploadLimit bounds the largest request that the console takes, in bytes: a
// spreadsheet, and the form around it.
const UploadLimit = exceptions.MaxUpload + 64<<10

// TakesUpload reports whether a request to the path may be as large as UploadLimit.
func TakesUpload(method, path string) bool {
	return method == fiber.MethodPost && strings.HasPrefix(path, "/console/") && strings.HasSuffix(path, "/exceptions/import")
}

const (
	batchesShown   = 10
	batchRowsShown = 100
)

func (c *Console) exceptionImportPage(r *request) error {
	view, err := c.importView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.ExceptionImportPage(view))
}

func (c *Console) importView(r *request) (pages.ExceptionImport, error) {
	s, err := c.shell(r, layout.NavExceptions)
	if err != nil {
		return pages.ExceptionImport{}, err
	}
	list, err := c.Exceptions.Batches(r.ctx, r.scope(), "", batchesShown)
	view := pages.ExceptionImport{Shell: s}
	for _, b := range list {
		view.Batches = append(view.Batches, batchRow(b))
	}
	return view, err
}

func batchRow(b exceptions.Batch) pages.ExceptionBatchRow {
	return pages.ExceptionBatchRow{
		ID: b.ID, Status: string(b.Status), FileName: b.FileName, By: personOf(b.By), CreatedAt: b.CreatedAt, Changes: int(b.Changes),
		Proposals: int(b.Proposals), Unchanged: int(b.Unchanged), Stale: int(b.Stale), Errors: int(b.Errors), Amount: b.Amount,
	}
}

// importExceptions reads an upload, and shows what it would do.
func (c *Console) importExceptions(r *request) error {
	u, err := sheetOf(r)
	if err == nil {
		var b exceptions.Batch
		if b, err = c.Exceptions.Upload(r.ctx, r.scope(), u); err == nil {
			return c.done(r, r.to().ExceptionBatch(b.ID), "")
		}
	}
	wrong := c.fieldErrors(r, err)
	if wrong == nil {
		return err
	}
	view, err := c.importView(r)
	if err != nil {
		return err
	}
	view.Errors = wrong
	return c.refuse(r, pages.ExceptionImportPage(view))
}

// sheetOf reads the uploaded file.
func sheetOf(r *request) (exceptions.Upload, error) {
	header, err := r.FormFile("file")
	if err != nil {
		return exceptions.Upload{}, app.InvalidField("file", "file_empty", "choose a file")
	}
	if header.Size > exceptions.MaxUpload {
		return exceptions.Upload{}, app.InvalidField("file", "file_too_large", "the file has more than %d bytes", exceptions.MaxUpload)
	}
	body, err := readUpload(header)
	return exceptions.Upload{Name: header.Filename, Bytes: body, By: r.person()}, err
}

func (c *Console) exceptionBatchPage(r *request) error {
	view, err := c.batchView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.ExceptionBatchPage(view))
}

func (c *Console) batchView(r *request) (pages.ExceptionBatch, error) {
	id, err := r.id("batch", app.PrefixBatch)
	if err != nil {
		return pages.ExceptionBatch{}, err
	}
	b, err := c.Exceptions.Batch(r.ctx, r.scope(), id)
	if err != nil {
		return pages.ExceptionBatch{}, err
	}
	s, err := c.shell(r, layout.NavExceptions)
	if err != nil {
		return pages.ExceptionBatch{}, err
	}
	view := pages.ExceptionBatch{
		Shell: s, ExceptionBatchRow: batchRow(b), SHA256: b.SHA256, ApprovalID: b.ApprovalID,
		Apply: s.Can.CasesResolve && b.Status == exceptions.BatchPreviewed && b.Changes > 0,
	}
	after := int(whole(r.query("after")))
	rows, err := c.Exceptions.BatchRows(r.ctx, b, "", after, batchRowsShown)
	for _, row := range rows {
		view.Rows = append(view.Rows, changeOf(row))
	}
	if len(rows) == batchRowsShown {
		view.Next = routes.With(r.to().ExceptionBatch(id), "after", strconv.Itoa(rows[len(rows)-1].Row))
	}
	return view, err
}

func changeOf(row exceptions.BatchRow) pages.ExceptionChange {
	out := pages.ExceptionChange{
		Row: row.Row, Outcome: string(row.Outcome), OwnerSet: row.OwnerSet, Owner: row.Owner.Name, Resolution: string(row.Resolution), Note: row.Note,
		Amount: row.Amount, LinkedID: row.LinkedID, Result: string(row.Result), Detail: row.Detail,
	}
	if app.ValidID(app.PrefixException, row.ExceptionID) {
		out.ExceptionID = row.ExceptionID
	}
	for _, p := range row.Problems {
		out.Problems = append(out.Problems, pages.CellProblem(p))
	}
	return out
}

// applyExceptionBatch does what the preview showed.
func (c *Console) applyExceptionBatch(r *request) error {
	view, err := c.batchView(r)
	if err != nil {
		return err
	}
	_, err = c.Exceptions.ApplyBatch(r.ctx, r.scope(), view.ID, r.person())
	if wrong := c.fieldErrors(r, err); wrong != nil {
		view.Problem = wrong[""]
		return c.refuse(r, pages.ExceptionBatchPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.to().ExceptionBatch(view.ID), "exception_batch_applied")
}

// formLimit is how large the request's form may be.
func (c *Console) formLimit(r *request) int {
	if r.route.Path == exceptionImport && r.Method() == fiber.MethodPost {
		return max(UploadLimit, c.BodyLimit)
	}
	return c.BodyLimit
}

// whole reads a number that a page of ours wrote; anything else is 0.
func whole(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0
	}
	return max(n, 0)
}
