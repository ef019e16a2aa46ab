package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Exceptions is the queue of what reconciliation could not explain.
type Exceptions struct {
	Shell   layout.Shell
	Filters components.Filters // made by ExceptionFilters.Bar
	Rows    []ExceptionRow
	Pager   components.Pager
	// Owners are who can be made an owner; none for those who may not.
	Owners []Owner
	// Assign is where the chosen ones go, with the filters to come back to.
	Assign string
	Export string // the address of the filtered set as a spreadsheet, "" for those who may not
	Import bool
	Any    bool              // tells "nothing yet" from "nothing matches"
	Errors map[string]string // of the bulk form
}

// Owner is a member who works on exceptions, or the account that one is of.
type Owner struct{ ID, Name string }

// ExceptionRow is one exception of a list. Type, Status and Resolution are as
// stored.
type ExceptionRow struct {
	ID, Type, Status           string
	Resolution                 string
	Channel                    app.Channel
	Day                        app.Day
	Number, OrderNo, ChannelNo string
	Ours, Theirs, Difference   app.Money
	AgeDays                    int
	OwnerName, Note            string
}

// ExceptionFilters are the filters as they stand in the URL.
type ExceptionFilters struct {
	Query, Type, Status, Channel, Owner, Age, Account string
	// Run is a run's id, and RunName what people call it; without one there is no
	// such filter.
	Run, RunName string
	From, To     string
	TimeError    string // translated; empty for none
}

// ExceptionStatuses lists the choices of the filter by status.
func ExceptionStatuses() []string {
	return []string{"open", "proposed", "resolved", "cleared", "filed", "all"}
}

// ExceptionTypes lists the types.
func ExceptionTypes() []string {
	return []string{"missing_at_channel", "missing_here", "amount", "state", "fee", "duplicate", "foreign", "summary", "funds", "balance"}
}

// ExceptionAges lists the ages, as in the URL.
func ExceptionAges() []string { return []string{"0-1", "1-3", "3-7", "7+"} }

// Bar makes the filter bar; see PaymentFilters.Bar. The accounts are those of the
// merchant and mode.
func (f ExceptionFilters) Bar(ctx context.Context, path string, owners, accounts []Owner) components.Filters {
	who := components.Select{Name: "owner", Label: i18n.T(ctx, "exceptions.owner"), Options: []components.Option{
		{}, {Value: "nobody", Label: i18n.T(ctx, "exceptions.nobody"), Selected: f.Owner == "nobody"},
	}}
	for _, o := range owners {
		who.Options = append(who.Options, components.Option{Value: o.ID, Label: o.Name, Selected: o.ID == f.Owner})
	}
	account := components.Select{Name: "account", Label: i18n.T(ctx, "payments.account"), Options: []components.Option{{}}}
	for _, a := range accounts {
		account.Options = append(account.Options, components.Option{Value: a.ID, Label: a.Name, Selected: a.ID == f.Account})
	}
	bar := components.Filters{
		Path: path, Search: i18n.T(ctx, "exceptions.search"), Query: f.Query,
		Selects: []components.Select{
			choose(ctx, "status", "payments.status", "exception_status.", f.Status, ExceptionStatuses()),
			choose(ctx, "type", "exceptions.type", "exception_type.", f.Type, ExceptionTypes()),
			choose(ctx, "age", "exceptions.age", "exception_age.", f.Age, ExceptionAges()),
			choose(ctx, "channel", "payments.channel", "channel.", f.Channel, []string{"wechat", "alipay"}),
			who, account,
		},
		Ranges: []components.Range{
			{Label: i18n.T(ctx, "exceptions.day"), Type: "date", From: "from", To: "to", FromText: f.From, ToText: f.To, Error: f.TimeError},
		},
	}
	if f.Run != "" {
		bar.Selects = append(bar.Selects, components.Select{
			Name: "run", Label: i18n.T(ctx, "run.number"), Options: []components.Option{{}, {Value: f.Run, Label: f.RunName, Selected: true}},
		})
	}
	return bar
}

// RunName is what people call a run: its day, and whose bills they are.
func RunName(day app.Day, identity, sub string) string {
	return string(day) + " " + payee(identity, sub)
}

func (r ExceptionRow) typeWord(ctx context.Context) string {
	return i18n.T(ctx, "exception_type."+r.Type)
}

func (r ExceptionRow) standing() bool { return r.Status == "open" || r.Status == "proposed" }

// number is the number by which the row is told from others.
func (r ExceptionRow) number() string {
	for _, n := range []string{r.OrderNo, r.Number, r.ChannelNo} {
		if n != "" {
			return n
		}
	}
	return ""
}

// side says which way the difference is.
func (r ExceptionRow) side(ctx context.Context) string {
	switch {
	case r.Difference < 0:
		return i18n.T(ctx, "exceptions.more")
	case r.Difference > 0:
		return i18n.T(ctx, "exceptions.less")
	}
	return ""
}

func (r ExceptionRow) age(ctx context.Context) string { return i18n.N(ctx, "age.days", r.AgeDays) }

// ageTone is loud for what has waited too long: from three days, from a week.
func (r ExceptionRow) ageTone() components.Tone {
	switch {
	case !r.standing() || r.AgeDays < 3:
		return components.Plain
	case r.AgeDays < 7:
		return components.Attention
	}
	return components.Bad
}

func (r ExceptionRow) tone() components.Tone {
	switch r.Status {
	case "open":
		return components.Bad
	case "proposed":
		return components.Attention
	case "resolved":
		return components.Good
	}
	return components.Quiet
}

func (v Exceptions) ownerField(ctx context.Context) components.Field {
	f := components.Field{
		Name: "owner", ID: "assign-owner", Label: i18n.T(ctx, "exceptions.assign_to"), Conditional: true, Error: v.Errors["owner"],
		Options: []components.Option{{Value: "nobody", Label: i18n.T(ctx, "exceptions.nobody")}},
	}
	for _, o := range v.Owners {
		f.Options = append(f.Options, components.Option{Value: o.ID, Label: o.Name, Selected: o.ID == v.Shell.User.ID})
	}
	return f
}

// all is the list of every status, without any filter.
func (v Exceptions) all() string { return routes.With(v.Shell.Scope().Exceptions(), "status", "all") }
