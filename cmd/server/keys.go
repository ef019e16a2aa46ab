package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/seal"
	"github.com/piaohao/piaohao/app/webhooks"
)

// keysCommand rotates the keyset in stages, since running servers read the file
// when they start: add, restart all; promote, restart all; reseal; retire.
func keysCommand(ctx context.Context, env environment, args []string) error {
	return sub(env, "keys", args, map[string]func([]string) error{
		"list":    func(args []string) error { return keysList(env, args) },
		"add":     func(args []string) error { return keysAdd(env, args) },
		"promote": func(args []string) error { return keysChange(env, "promote", seal.Promote, args) },
		"reseal":  func(args []string) error { return keysReseal(ctx, env, args) },
		"retire":  func(args []string) error { return keysChange(env, "retire", seal.Retire, args) },
		"delete":  func(args []string) error { return keysChange(env, "delete", seal.Delete, args) },
	})
}

func keysList(env environment, args []string) error {
	cfg, _, err := flagsOf(env, "keys list", config.Default(), args, nil)
	if err != nil {
		return err
	}
	keys, err := seal.Keys(cfg.Secrets.KeysetFile)
	if err != nil {
		return err
	}
	for _, k := range keys {
		state := "opens"
		switch {
		case k.Primary:
			state = "seals and opens"
		case k.Retired:
			state = "retired"
		}
		printf(env.stdout, "%d  %s\n", k.ID, state)
	}
	return nil
}

func keysAdd(env environment, args []string) error {
	cfg, _, err := flagsOf(env, "keys add", config.Default(), args, nil)
	if err != nil {
		return err
	}
	id, err := seal.AddKey(cfg.Secrets.KeysetFile)
	if err != nil {
		return err
	}
	printf(env.stdout, "added key %d; restart every server, then promote it\n", id)
	return nil
}

func keysChange(env environment, verb string, change func(path string, id uint32) error, args []string) error {
	cfg, set, err := flagsOf(env, "keys "+verb, config.Default(), args, func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	id, err := strconv.ParseUint(set.Arg(0), 10, 32)
	if err != nil {
		return fmt.Errorf("usage: piaohao keys %s ID (see keys list)", verb)
	}
	if err := change(cfg.Secrets.KeysetFile, uint32(id)); err != nil {
		return err
	}
	printf(env.stdout, "%s %d: done\n", verb, id)
	return nil
}

// keysReseal seals every secret again by the primary key, so that older keys
// can retire.
func keysReseal(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "keys reseal", config.Default(), args, nil)
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	credentials, err := p.merchants.Reseal(ctx)
	secrets, webhookErr := webhooks.Reseal(ctx, p.db, p.sealer)
	seeds, seedErr := p.access.ResealFactors(ctx, p.sealer.Current)
	if err := errors.Join(err, webhookErr, seedErr, p.close()); err != nil {
		return err
	}
	printf(env.stdout, "%d credentials, %d webhook secrets and %d second factors sealed again; retire the old key once this says 0, 0 and 0\n", credentials, secrets, seeds)
	return nil
}
