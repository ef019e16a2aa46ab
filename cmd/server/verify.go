package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/webhooks"
)

// verifyCommand checks the invariants of the books offline and names each
// violation. It fails when there is one.
func verifyCommand(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "verify", config.Default(), args, nil)
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	n, err := p.verify(ctx, func(v payments.Violation) { printf(env.stdout, "%s %s: %s\n", v.Invariant, v.Object, v.Message) })
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%d violations", n)
	}
	printf(env.stdout, "I1, I2, I3 and I5 to I10 hold, and the figures are what the payments make\n")
	return nil
}

// verify runs every check and returns how many violations it reported.
func (p *platform) verify(ctx context.Context, report func(payments.Violation)) (int, error) {
	n := 0
	count := func(v payments.Violation) { n++; report(v) }
	if err := p.payments.Verify(ctx, count); err != nil {
		return n, err
	}
	if err := p.payments.DuplicateTransactions(ctx, count); err != nil {
		return n, err
	}
	if err := p.reconcile.Verify(ctx, count); err != nil {
		return n, err
	}
	if err := p.exceptions.Verify(ctx, count); err != nil {
		return n, err
	}
	if err := p.verifyFigures(ctx, count); err != nil {
		return n, err
	}
	undelivered, err := webhooks.Check(ctx, p.db)
	if err != nil {
		return n, err
	}
	for _, v := range undelivered {
		count(payments.Violation{Invariant: v.Invariant, Object: v.Object, Message: v.Message})
	}
	_, err = eachProblem(ctx, p.audit, func(chain string, problem audit.Problem) {
		count(payments.Violation{Invariant: "I9", Object: "audit chain " + chain, Message: problem.String()})
	})
	return n, err
}

// eachProblem hands what is wrong with any audit chain (I9) to report, and
// returns how many chains there are.
func eachProblem(ctx context.Context, log *audit.Log, report func(chain string, problem audit.Problem)) (int, error) {
	chains, err := log.Chains(ctx)
	if err != nil {
		return 0, err
	}
	for _, chain := range chains {
		problems, err := log.Verify(ctx, chain)
		if err != nil {
			return len(chains), err
		}
		for _, problem := range problems {
			report(chain, problem)
		}
	}
	return len(chains), nil
}
