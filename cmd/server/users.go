package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
)

func userCommand(ctx context.Context, env environment, args []string) error {
	return sub(env, "user", args, map[string]func([]string) error{
		"add":           func(args []string) error { return userAdd(ctx, env, args) },
		"reset-factors": func(args []string) error { return userResetFactors(ctx, env, args) },
	})
}

// userAdd adds a user with one role and prints the generated password, which
// must be changed at the first sign-in. It is how an installation gets its
// first administrator: none exists by default.
func userAdd(ctx context.Context, env environment, args []string) error {
	var email, name, role, domain string
	cfg, _, err := flagsOf(env, "user add", config.Default(), args, func(f *flag.FlagSet) {
		f.StringVar(&email, "email", "", "the user's `address`, by which they sign in")
		f.StringVar(&name, "name", "", "the user's `name`; the address without one")
		f.StringVar(&role, "role", string(access.PlatformAdmin), "the `role`: platform_admin, platform_operator, platform_auditor, owner, developer, finance or viewer")
		f.StringVar(&domain, "merchant", access.Platform, "the merchant's `id`, for a merchant's role")
	})
	if err != nil {
		return err
	}
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	ctx = audit.WithActor(ctx, audit.System("user add"))
	u, password, err := p.admin.CreateUser(ctx, admin.NewUser{
		Email: email, Name: name, Grants: []admin.Grant{{Role: access.Role(role), Domain: domain}},
	})
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	printf(env.stdout, "user      %s (%s)\npassword  %s\nThe password is shown this once and must be changed at the first sign-in.\n", u.Email, u.ID, password)
	return nil
}

// userResetFactors takes a user's second factors away, for the administrator who
// has lost theirs and has nobody to ask.
func userResetFactors(ctx context.Context, env environment, args []string) error {
	var email string
	cfg, _, err := flagsOf(env, "user reset-factors", config.Default(), args, func(f *flag.FlagSet) {
		f.StringVar(&email, "email", "", "the user's `address`")
	})
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	ctx = audit.WithActor(ctx, audit.System("user reset-factors"))
	u, err := p.access.UserByEmail(ctx, p.db, email)
	if err == nil {
		err = p.admin.ResetFactors(ctx, u.ID)
	}
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	printf(env.stdout, "%s (%s) has no second factor any more, and all their sessions have ended.\n", u.Email, u.ID)
	return nil
}

// demoUser makes a user of the demo, or gives the one of an unfinished seeding a
// new password and the new merchant, which is the first grant's.
func (p *platform) demoUser(ctx context.Context, email, name string, grants ...admin.Grant) (string, error) {
	password := access.NewPassword()
	u, err := p.access.UserByEmail(ctx, p.db, email)
	if app.Is(err, app.NotFound) {
		_, _, err := p.admin.CreateUser(ctx, admin.NewUser{Email: email, Name: name, Password: password, Grants: grants})
		return password, err
	}
	if err != nil {
		return "", err
	}
	if err := p.admin.Grant(ctx, u.ID, grants[0]); err != nil {
		return "", fmt.Errorf("give the demo's user the new merchant: %w", err)
	}
	return p.admin.ResetPassword(ctx, u.ID)
}

// demoUsers makes the demo's owner and, for what two people must decide, a
// finance user beside them.
func (p *platform) demoUsers(ctx context.Context, facts *demoFacts) error {
	var err error
	if facts.Password == "" {
		facts.Password, err = p.demoUser(ctx, demoEmail, "Demo Owner",
			admin.Grant{Role: access.Owner, Domain: facts.Merchant}, admin.Grant{Role: access.PlatformAdmin, Domain: access.Platform})
		if err != nil {
			return err
		}
	}
	if facts.FinancePassword == "" {
		facts.FinanceEmail = demoFinanceEmail
		facts.FinancePassword, err = p.demoUser(ctx, demoFinanceEmail, "Demo Finance", admin.Grant{Role: access.Finance, Domain: facts.Merchant})
	}
	return err
}
