package pages

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// AccountEdit changes what an account is called, when it is chosen, and the apps
// of a WeChat account. It posts name, priority, fee_rate,
// confirm_by_query, and for each
// app appid, appid_kind and app_secret, the first without and the others with
// _2, _3 and so on. An empty app_secret keeps what is stored.
type AccountEdit struct {
	Shell          layout.Shell
	ID, Name       string
	Channel        app.Channel
	Priority       string
	FeeRate        string // as typed, such as 0.60%; "" for none
	ConfirmByQuery bool
	Apps           []AccountApp
	Errors         map[string]string // translated, by field; "" is the whole form's
}

func (v AccountEdit) appField(ctx context.Context, name, suffix, label, value string) components.Field {
	return components.Field{Name: name + suffix, Label: label, Value: value, Error: v.Errors[name+suffix], Mono: true}
}

func (v AccountEdit) secretField(ctx context.Context, suffix string, kept bool) components.Field {
	f := v.appField(ctx, "app_secret", suffix, "App secret", "")
	f.Type = "password"
	if kept {
		f.Placeholder = i18n.T(ctx, "account.secret_kept")
	}
	return f
}

func (v AccountEdit) kindField(ctx context.Context, suffix string, chosen string) components.Field {
	f := components.Field{Name: "appid_kind" + suffix, Label: i18n.T(ctx, "account.app_kind"), Error: v.Errors["appid_kind"+suffix], Required: true}
	for _, kind := range []string{"official", "mini", "app", "web"} {
		f.Options = append(f.Options, components.Option{Value: kind, Label: i18n.T(ctx, "app_kind."+kind), Selected: kind == chosen})
	}
	return f
}

func (v AccountEdit) confirmField(ctx context.Context) components.Field {
	chosen := "no"
	if v.ConfirmByQuery {
		chosen = "yes"
	}
	f := components.Field{Name: "confirm_by_query", Label: i18n.T(ctx, "account.confirm")}
	for _, value := range []string{"yes", "no"} {
		f.Options = append(f.Options, components.Option{Value: value, Label: i18n.T(ctx, "account.confirm_"+value), Selected: value == chosen})
	}
	return f
}
