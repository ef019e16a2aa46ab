package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile"
)

// reconcileCommand runs reconciliation, or says how it stands.
func reconcileCommand(ctx context.Context, env environment, args []string) error {
	return sub(env, "reconcile", args, map[string]func([]string) error{
		"run":    func(args []string) error { return reconcileRun(ctx, env, args) },
		"status": func(args []string) error { return reconcileStatus(ctx, env, args) },
	})
}

// chosen are the settlement identities that a command is about.
type chosen struct{ merchant, account string }

func (c *chosen) flags(f *flag.FlagSet) {
	f.StringVar(&c.merchant, "merchant", "", "only this merchant's, mch_…")
	f.StringVar(&c.account, "account", "", "only those of this account's settlement identity, acct_…")
}

// reconcileRun executes a day now, due or not, and fails when one of its runs has
// no result.
func reconcileRun(ctx context.Context, env environment, args []string) error {
	var c chosen
	var date string
	cfg, _, err := flagsOf(env, "reconcile run", config.Default(), args, func(f *flag.FlagSet) {
		f.StringVar(&date, "date", "", "the day of the bills, such as 2026-11-24 (Beijing's)")
		c.flags(f)
	})
	if err != nil {
		return err
	}
	day, err := app.ParseDay(date)
	if err != nil {
		return fmt.Errorf("--date: %w", err)
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	failed, err := p.reconcileDay(audit.WithActor(ctx, audit.System("command line")), env.stdout, day, c)
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d runs have no result", failed)
	}
	return nil
}

func (p *platform) reconcileDay(ctx context.Context, out io.Writer, day app.Day, c chosen) (failed int, err error) {
	scopes, identities, err := p.chosenIdentities(ctx, c)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, scope := range scopes {
		runs, err := p.reconcile.Prepare(ctx, scope, day)
		if app.Is(err, app.Conflict) { // its month is closed, and others' may not be
			printf(out, "%s  %s  %s\n", day, scope.MerchantID, err)
			failed, total = failed+1, total+1
			continue
		}
		if err != nil {
			return failed, err
		}
		for _, r := range runs {
			if !identities[r.IdentityID] {
				continue
			}
			total++
			done, err := p.reconcile.Execute(ctx, scope, r.ID)
			switch {
			case app.Is(err, app.Conflict): // a server executes it at this moment
				printf(out, "%s  %s  %s\n", r.Day, r.MerchantID, err)
				failed++
				continue
			case err != nil:
				return failed, err
			}
			printRun(out, done)
			if !done.Status.Ended() {
				failed++
			}
		}
	}
	if total == 0 {
		return 0, errors.New("there is no settlement identity to reconcile: --merchant and --account name none")
	}
	return failed, nil
}

// chosenIdentities returns the identities asked for and the scopes they are of.
func (p *platform) chosenIdentities(ctx context.Context, c chosen) ([]payments.Scope, map[string]bool, error) {
	only := ""
	if c.account != "" {
		a, err := p.merchants.AccountForCallback(ctx, c.account)
		if err != nil {
			return nil, nil, err
		}
		only = a.IdentityID
	}
	var scopes []payments.Scope
	ids, seen := map[string]bool{}, map[payments.Scope]bool{}
	err := p.eachIdentity(ctx, func(i merchants.Identity) {
		if (c.merchant != "" && i.MerchantID != c.merchant) || (only != "" && i.ID != only) {
			return
		}
		ids[i.ID] = true
		if scope := (payments.Scope{MerchantID: i.MerchantID, Mode: i.Mode}); !seen[scope] {
			seen[scope] = true
			scopes = append(scopes, scope)
		}
	})
	return scopes, ids, err
}

func (p *platform) eachIdentity(ctx context.Context, f func(merchants.Identity)) error {
	after := ""
	for {
		page, err := p.merchants.IdentitiesAfter(ctx, after, 200)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, i := range page {
			f(i)
		}
		after = page[len(page)-1].ID
	}
}

// identityName is how people know whose bill it is.
func identityName(r reconcile.Run) string {
	if r.SubIdentity != "" {
		return r.Identity + "/" + r.SubIdentity
	}
	return r.Identity
}

func printRun(out io.Writer, r reconcile.Run) {
	printf(out, "%s  %s  %s %s %s  %s", r.Day, r.MerchantID, r.Mode, r.Channel, identityName(r), r.Status)
	if r.Status.Ended() {
		s := r.Result
		printf(out, ": %d payments %s, %d refunds %s, fee %s; matched %d, in transit %d, differences %d (%s), repaired %d",
			s.Channel.Payments, s.Channel.Gross, s.Channel.Refunds, s.Channel.Refunded, s.Channel.Fee.Round(), s.Matched, s.Carried, s.Exceptions, s.Difference, s.Repaired)
	}
	printProblem(out, r.Problem)
	printf(out, "  %s\n", r.ID)
}

func printProblem(out io.Writer, p reconcile.Problem) {
	if p.Code == "" {
		return
	}
	printf(out, ": %s", p.Code)
	if p.Kind != "" {
		printf(out, ", %s bill", p.Kind)
	}
	if p.Line > 0 {
		printf(out, ", line %d", p.Line)
	}
	if p.Detail != "" {
		printf(out, ": %s", p.Detail)
	}
}

// reconcileStatus prints what has no result, oldest first.
func reconcileStatus(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "reconcile status", config.Default(), args, nil)
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	err = p.printReconciliation(ctx, env.stdout)
	return errors.Join(err, p.close())
}

func (p *platform) printReconciliation(ctx context.Context, out io.Writer) error {
	open, err := p.reconcile.Unsettled(ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		printRun(out, r)
	}
	standing, err := p.exceptions.CountStanding(ctx)
	if err != nil {
		return err
	}
	printf(out, "%d runs without a result; open differences: %d live, %d test\n", len(open), standing[app.Live], standing[app.Test])
	return nil
}
