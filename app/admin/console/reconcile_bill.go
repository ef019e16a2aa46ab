package console

import (
	"io"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

const (
	billLines  = 100 // on a page of an original
	linesAbove = 10  // shown before the line that was asked for
	headLines  = 20  // among which the names of the columns stand
	maxRow     = 1 << 30
)

// reconcileBill shows an original as the channel gave it. The row in the query
// is marked; without one, the page begins at the line "from".
func (c *Console) reconcileBill(r *request) error {
	run, err := c.oneRun(r)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavReconcile)
	if err != nil {
		return err
	}
	bills, err := c.Reconcile.Bills(r.ctx, r.scope(), run.ID)
	if err != nil {
		return err
	}
	view := pages.ReconcileBill{
		Shell: s, RunID: run.ID, Channel: run.Channel, Identity: run.Identity, SubIdentity: run.SubIdentity, Day: run.Day,
		Kind: oneOf(r.query("kind"), []string{string(channel.BillTrades), string(channel.BillFunds)}), Row: line(r.query("row")), From: max(line(r.query("from")), 1),
	}
	if view.Kind == "" {
		view.Kind = string(channel.BillTrades)
	}
	shown := slices.IndexFunc(bills, func(b reconcile.Bill) bool { return string(b.Kind) == view.Kind && b.Current })
	if shown < 0 {
		return app.Errorf(app.NotFound, "the run has no such bill")
	}
	for _, b := range bills {
		if b.Current {
			view.Kinds = append(view.Kinds, string(b.Kind))
		}
	}
	view.File = billFile(bills[shown])
	view.Broken = view.File.Problem
	if err := c.fillBill(r, &view); err != nil {
		return err
	}
	return c.page(r, pages.ReconcileBillPage(view))
}

// line reads the number of a line; 0 is none.
func line(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxRow {
		return 0
	}
	return n
}

// fillBill reads the lines of the page.
func (c *Console) fillBill(r *request, view *pages.ReconcileBill) error {
	if view.Row > 0 {
		view.From = max(view.Row-linesAbove, 1)
	}
	head, err := c.Reconcile.BillPage(r.ctx, r.scope(), view.File.ID, 0, headLines)
	if app.Is(err, app.Conflict) {
		if view.Broken == nil {
			view.Broken = &pages.RunProblem{Code: channel.BillPacking, Kind: view.Kind}
		}
		return nil
	}
	if err != nil {
		return err
	}
	var first []string
	for _, l := range head.Lines {
		first = append(first, l.Text)
	}
	sheet := channel.BillSheetOf(first)
	view.Columns = sheet.Columns
	page, err := c.Reconcile.BillPage(r.ctx, r.scope(), view.File.ID, view.From-1, billLines)
	if err != nil {
		return err
	}
	for _, l := range page.Lines {
		cells, ok := sheet.Cells(l.Text)
		if !ok {
			cells = []string{sheet.Whole(l.Text)}
		}
		view.Rows = append(view.Rows, pages.BillLine{Number: l.Row, Cells: cells, Whole: !ok, Marked: l.Row == view.Row})
		view.Found = view.Found || l.Row == view.Row
	}
	if view.From > 1 {
		view.Before = max(view.From-billLines, 1)
	}
	if page.More {
		view.After = view.From + billLines
	}
	return nil
}

// downloadBill hands out an original, byte for byte; the audit log keeps who
// took it.
func (c *Console) downloadBill(r *request) error {
	run, err := c.oneRun(r)
	if err != nil {
		return err
	}
	id, err := r.id("bill", app.PrefixBill)
	if err != nil {
		return err
	}
	bills, err := c.Reconcile.Bills(r.ctx, r.scope(), run.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(bills, func(b reconcile.Bill) bool { return b.ID == id }) {
		return app.Errorf(app.NotFound, "no bill of that id")
	}
	original, err := c.Reconcile.Download(r.ctx, r.scope(), id)
	if err != nil {
		return err
	}
	kind := map[channel.BillFormat]string{channel.BillGzip: "application/gzip", channel.BillZip: "application/zip"}[original.Format]
	if kind == "" {
		kind = "text/csv"
	}
	r.attach(original.Name, kind)
	return r.SendStream(section{io.NewSectionReader(original.Blob, 0, original.Blob.Size()), original.Blob}, int(original.Blob.Size()))
}

// section is an open file that is closed once it was sent.
type section struct {
	io.Reader
	io.Closer
}

// attach makes the answer a file to be saved under the name.
func (r *request) attach(name, contentType string) {
	r.Set(fiber.HeaderContentType, contentType)
	r.Set(fiber.HeaderContentDisposition, `attachment; filename="`+safeName(name)+`"`)
}
