package main

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/app/payments"
)

func figuresCommand(ctx context.Context, env environment, args []string) error {
	return sub(env, "figures", args, map[string]func([]string) error{
		"rebuild": func(args []string) error { return figuresRebuild(ctx, env, args) },
	})
}

// figuresRebuild forgets the sums that the console's pages show and counts every
// payment again, beside running servers. Interrupted, the next server goes on.
func figuresRebuild(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "figures rebuild", config.Default(), args, nil)
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	pages := 0
	err = p.figures.Rebuild(ctx, func(last string) {
		if pages++; pages%25 == 0 {
			printf(env.stdout, "counted up to %s\n", last)
		}
	})
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	printf(env.stdout, "the figures are built again\n")
	return nil
}

// verifyFigures compares the sums with the payments they are made of.
func (p *platform) verifyFigures(ctx context.Context, report func(payments.Violation)) error {
	_, err := p.figures.Verify(ctx, func(v figures.Violation) {
		report(payments.Violation{Invariant: "figures", Object: v.Object, Message: v.Message})
	})
	return err
}
