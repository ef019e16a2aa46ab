package console

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func exceptionRoutes() []Route {
	const list = scoped + "/exceptions"
	const one = list + "/:exception"
	return []Route{
		get(list, InMerchant, access.Reconciliation, access.Read, (*Console).exceptionsPage),
		post(list+"/assign", InMerchant, access.Exceptions, access.Write, (*Console).assignExceptions),
		get(list+"/export", InMerchant, access.Reconciliation, access.Export, (*Console).exportExceptions),
		get(list+"/import", InMerchant, access.Exceptions, access.Write, (*Console).exceptionImportPage),
		post(exceptionImport, InMerchant, access.Exceptions, access.Write, (*Console).importExceptions),
		get(list+"/batches/:batch", InMerchant, access.Reconciliation, access.Read, (*Console).exceptionBatchPage),
		post(list+"/batches/:batch/apply", InMerchant, access.Exceptions, access.Write, (*Console).applyExceptionBatch),
		get(one, InMerchant, access.Reconciliation, access.Read, (*Console).exceptionPage),
		post(one+"/assign", InMerchant, access.Exceptions, access.Write, (*Console).assignException),
		post(one+"/comment", InMerchant, access.Exceptions, access.Write, (*Console).commentException),
		post(one+"/propose", InMerchant, access.Exceptions, access.Write, (*Console).proposeException),
	}
}

const exceptionsShown = 25

// exceptionsPage is the queue. Its filters stand in the URL; without any it shows
// what nobody has ended.
func (c *Console) exceptionsPage(r *request) error {
	view, err := c.exceptionsView(r)
	if err != nil {
		return err
	}
	return c.page(r, pages.ExceptionsPage(view))
}

func (c *Console) exceptionsView(r *request) (pages.Exceptions, error) {
	s, err := c.shell(r, layout.NavExceptions)
	if err != nil {
		return pages.Exceptions{}, err
	}
	view := pages.Exceptions{Shell: s, Import: s.Can.CasesResolve}
	owners, err := c.exceptionOwners(r)
	if err != nil {
		return view, err
	}
	if s.Can.CasesResolve {
		view.Owners = owners
	}
	shown, f, err := c.exceptionQuery(r)
	if err != nil {
		return view, err
	}
	list, err := c.Exceptions.List(r.ctx, r.scope(), f)
	if app.Is(err, app.Invalid) { // an address somebody wrote
		list, err = exceptions.Page{}, nil
	}
	if err != nil {
		return view, err
	}
	for _, e := range list.Exceptions {
		view.Rows = append(view.Rows, c.exceptionRow(e))
	}
	path := r.to().Exceptions()
	accounts, err := c.accounts(r)
	if err != nil {
		return view, err
	}
	var names []pages.Owner
	for _, a := range accounts {
		names = append(names, pages.Owner{ID: a.ID, Name: a.Name})
	}
	view.Filters = shown.Bar(i18n.With(r.ctx, r.words), path, owners, names)
	view.Assign = strings.Replace(r.listPath(path), path, r.to().ExceptionAssign(), 1)
	view.Pager = components.Pager{Path: r.listPath(path), Next: list.Next, Later: f.Cursor != "", Shown: len(view.Rows)}
	if view.Any = len(view.Rows) > 0; !view.Any {
		first, err := c.Exceptions.List(r.ctx, r.scope(), exceptions.Filter{Limit: 1})
		if err != nil {
			return view, err
		}
		view.Any = len(first.Exceptions) > 0
	}
	if s.Can.ReconcileExport {
		view.Export = routes.With(strings.Replace(r.listPath(path), path, r.to().ExceptionExport(), 1), "cursor", "")
	}
	return view, nil
}

// listPath is the list's address with its filters, which a form below it keeps in
// its own address.
func (r *request) listPath(path string) string { return path + r.querySuffix() }

func (c *Console) exceptionOwners(r *request) ([]pages.Owner, error) {
	list, err := c.Exceptions.Owners(r.ctx, r.scope())
	var out []pages.Owner
	for _, o := range list {
		out = append(out, pages.Owner(o))
	}
	return out, err
}

// exceptionQuery is the filters as they stand in the URL, as shown and as asked.
func (c *Console) exceptionQuery(r *request) (pages.ExceptionFilters, exceptions.Filter, error) {
	shown := pages.ExceptionFilters{
		Query: r.query("q"), Type: oneOf(r.query("type"), pages.ExceptionTypes()), Status: oneOf(r.query("status"), pages.ExceptionStatuses()),
		Channel: oneOf(r.query("channel"), []string{"wechat", "alipay"}), Owner: r.query("owner"), Age: oneOf(r.query("age"), pages.ExceptionAges()),
		From: r.query("from"), To: r.query("to"),
	}
	f := exceptions.Filter{
		Type: exceptions.Type(shown.Type), Channel: app.Channel(shown.Channel), Age: exceptions.Age(shown.Age), Number: shown.Query,
		Cursor: r.query("cursor"), Limit: exceptionsShown,
	}
	if account := r.query("account"); app.ValidID(app.PrefixAccount, account) {
		f.AccountID, shown.Account = account, account
	}
	if shown.Owner == exceptions.NoOwner || app.ValidID(app.PrefixUser, shown.Owner) {
		f.Owner = shown.Owner
	}
	switch shown.Status {
	case "":
		f.Standing = shown.Query == "" // a number is found whatever became of it
	case "all":
	case "filed":
		f.Filed = true
	default:
		f.Status = exceptions.Status(shown.Status)
	}
	_, okFrom := readDay(shown.From)
	_, okTo := readDay(shown.To)
	if okFrom && okTo {
		f.From, f.To = app.Day(shown.From), app.Day(shown.To)
	} else {
		shown.TimeError = r.t("payments.day_error")
	}
	return shown, f, c.ofRun(r, &shown, &f)
}

// ofRun reads the filter by a run; one that does not exist is none.
func (c *Console) ofRun(r *request, shown *pages.ExceptionFilters, f *exceptions.Filter) error {
	id := r.query("run")
	if !app.ValidID(app.PrefixRun, id) {
		return nil
	}
	run, err := c.Reconcile.Run(r.ctx, r.scope(), id)
	if app.Is(err, app.NotFound) {
		return nil
	}
	shown.Run, shown.RunName, f.RunID = id, pages.RunName(run.Day, run.Identity, run.SubIdentity), id
	return err
}

func (c *Console) exceptionRow(e exceptions.Exception) pages.ExceptionRow {
	return pages.ExceptionRow{
		ID: e.ID, Type: string(e.Type), Status: string(e.Status), Resolution: string(e.Resolution), Channel: e.Channel, Day: e.Day,
		Number: e.Number, OrderNo: e.OrderNo, ChannelNo: e.ChannelNo, Ours: e.Ours, Theirs: e.Theirs, Difference: e.Difference,
		AgeDays: exceptions.AgeDays(e.Day, c.Clock.Now()), OwnerName: e.OwnerName, Note: e.Note,
	}
}

// assignExceptions makes a member the owner of what was ticked.
func (c *Console) assignExceptions(r *request) error {
	n, err := c.Exceptions.Assign(r.ctx, r.scope(), r.form["id"], r.owner())
	if wrong := c.fieldErrors(r, err); wrong != nil {
		view, viewErr := c.exceptionsView(r)
		if viewErr != nil {
			return viewErr
		}
		view.Errors = wrong
		if wrong["ids"] != "" {
			view.Errors[""] = wrong["ids"]
		}
		return c.refuse(r, pages.ExceptionsPage(view))
	}
	if err != nil {
		return err
	}
	return c.done(r, r.listPath(r.to().Exceptions()), "exceptions_assigned:"+strconv.Itoa(n))
}

// owner is the form's choice, "" for nobody.
func (r *request) owner() string {
	owner := r.field("owner")
	if owner == exceptions.NoOwner {
		return ""
	}
	return owner
}

// exportExceptions downloads the whole filtered set as a spreadsheet.
func (c *Console) exportExceptions(r *request) error {
	_, f, err := c.exceptionQuery(r)
	if err != nil {
		return err
	}
	lang := exceptions.English
	if r.lang == i18n.ZH {
		lang = exceptions.Chinese
	}
	var file bytes.Buffer
	if _, err := c.Exceptions.Export(r.ctx, r.scope(), f, lang, &file); err != nil {
		return err
	}
	r.Set(fiber.HeaderContentType, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	r.Attachment("exceptions-" + string(r.mode) + "-" + string(app.DayOf(c.Clock.Now())) + ".xlsx")
	return r.Send(file.Bytes())
}

// exceptionActions point to what waits the longest.
func (c *Console) exceptionActions(r *request) ([]pages.NeedsAction, error) {
	w, err := c.Exceptions.Waiting(r.ctx, r.scope())
	if err != nil || w.Open == 0 {
		return nil, err
	}
	return []pages.NeedsAction{{Kind: "exceptions_open", Urgent: true, Count: w.Open, At: app.ToMillis(w.Oldest.Start()), Href: r.to().Exceptions()}}, nil
}
