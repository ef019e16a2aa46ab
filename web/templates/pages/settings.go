package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Settings are the merchant's own choices. The form posts to Scope.Settings the
// fields late_payments and duplicate_payments (keep or refund) and
// refund_approval_above (yuan; empty for never), and statement_emails (one a line).
type Settings struct {
	// SecondFactor says that everyone here needs one.
	SecondFactor           bool
	Shell                  layout.Shell
	Late, Duplicate, Above string
	Limit                  app.Money // Above, read
	OneDecider             bool      // a limit is set, and only one person can approve
	// Emails get a mail when a day is reconciled, one address a line.
	Emails    string
	TwoPeople bool // keys, credentials and roles need a second person
	Errors    map[string]string
}

// keepOrRefund is a choice between keeping money and giving it back.
func (v Settings) keepOrRefund(ctx context.Context, name, key, current string) components.Field {
	f := components.Field{Name: name, Label: i18n.T(ctx, "settings."+key), Help: i18n.T(ctx, "settings."+key+"_help"), Error: v.Errors[name], Required: true}
	for _, o := range []string{"keep", "refund"} {
		f.Options = append(f.Options, components.Option{Value: o, Label: i18n.T(ctx, "settings."+key+"_"+o), Selected: current == o})
	}
	return f
}

// limit is the limit in words, for those who only read.
func (v Settings) limit(ctx context.Context) string {
	if v.Limit == 0 {
		return i18n.T(ctx, "settings.never")
	}
	return i18n.T(ctx, "settings.above", "amount", v.Limit.String())
}

// twoPeople is the choice to have two people decide, in words of its own.
func (v Settings) twoPeople(ctx context.Context) components.Field {
	return components.Field{Name: "two_people", Label: i18n.T(ctx, "two_people.label"), Help: i18n.T(ctx, "two_people.help"), Options: []components.Option{
		{Value: "on", Label: i18n.T(ctx, "two_people.on"), Selected: v.TwoPeople},
	}}
}
