package pages

import (
	"context"

	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
)

// emailField and nameField ask who somebody is.
func emailField(ctx context.Context, value, problem string) components.Field {
	return components.Field{
		Name: "email", Label: i18n.T(ctx, "sign_in.email"), Value: value, Error: problem, Type: "email", Required: true, MaxLength: 190,
	}
}

func nameField(ctx context.Context, value, problem, help string) components.Field {
	return components.Field{
		Name: "name", Label: i18n.T(ctx, "members.name"), Help: help, Value: value, Error: problem, Required: help == "", MaxLength: 100,
	}
}

// AllRoles lists every role that can be given on the platform's pages.
func AllRoles() []string {
	return []string{"owner", "developer", "finance", "viewer", "platform_admin", "platform_operator", "platform_auditor"}
}

// roleChoice chooses one of a merchant's roles, each with its meaning; then one
// of its own.
func roleChoice(ctx context.Context, roles []string, own []OwnRole, chosen, problem string) components.Field {
	f := components.Field{Name: "role", Label: i18n.T(ctx, "members.role"), Error: problem}
	for _, role := range roles {
		f.Options = append(f.Options, components.Option{
			Value: role, Label: i18n.T(ctx, "role."+role), Help: i18n.T(ctx, "role_line."+role), Selected: role == chosen,
		})
	}
	for _, o := range own {
		f.Options = append(f.Options, components.Option{Value: o.ID, Label: o.Name, Help: i18n.T(ctx, "roles.own_one"), Selected: o.ID == chosen})
	}
	return f
}

// roleSelect chooses one of the roles in one line. "" among them means none.
func roleSelect(ctx context.Context, roles []string, chosen, problem string) components.Field {
	f := components.Field{Name: "role", Label: i18n.T(ctx, "members.role"), Error: problem, Conditional: true}
	for _, role := range roles {
		word := i18n.T(ctx, "users.no_role")
		if role != "" {
			word = i18n.T(ctx, "role."+role)
		}
		f.Options = append(f.Options, components.Option{Value: role, Label: word, Selected: role == chosen})
	}
	return f
}

// domainField asks in which merchant a role is held.
func domainField(ctx context.Context, value, problem string) components.Field {
	return components.Field{
		Name: "domain", Label: i18n.T(ctx, "merchants.number"), Help: i18n.T(ctx, "users.domain_help"), Value: value, Error: problem,
		Mono: true, Placeholder: "mch_…", MaxLength: 64, Conditional: true,
	}
}

// localeField chooses the language somebody reads.
func localeField(ctx context.Context, value, problem string) components.Field {
	f := components.Field{Name: "locale", Label: i18n.T(ctx, "users.locale"), Error: problem, Conditional: true}
	for _, l := range []struct{ value, key string }{{"", "users.locale_browser"}, {"zh-CN", "users.locale_zh"}, {"en", "users.locale_en"}} {
		f.Options = append(f.Options, components.Option{Value: l.value, Label: i18n.T(ctx, l.key), Selected: l.value == value})
	}
	return f
}
