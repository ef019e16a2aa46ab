package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/observe"
	"github.com/piaohao/piaohao/sql"
)

// flagsOf reads a command's flags, --config among them, and the configuration
// they lead to.
func flagsOf(env environment, name string, base config.Config, args []string, more func(*flag.FlagSet)) (config.Config, *flag.FlagSet, error) {
	set := flag.NewFlagSet("piaohao "+name, flag.ContinueOnError)
	set.SetOutput(env.stderr)
	path := set.String("config", "", "configuration `file` (see config.example.toml)")
	if more != nil {
		more(set)
	}
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return config.Config{}, nil, err
		}
		return config.Config{}, nil, fmt.Errorf("flags: %w", err)
	}
	cfg, err := config.Load(base, *path, env.environ)
	return cfg, set, err
}

func newLogger(env environment, cfg config.Config) (*slog.Logger, error) {
	return observe.NewLogger(env.stderr, cfg.Log.Level, cfg.Log.Format)
}

func serveCommand(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "serve", config.Default(), args, nil)
	if err != nil {
		return err
	}
	return serve(ctx, env, cfg)
}

func demoCommand(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "demo", config.ForDemo(), args, nil)
	if err != nil {
		return err
	}
	return serve(ctx, env, cfg)
}

// serve runs the platform until ctx ends.
func serve(ctx context.Context, env environment, cfg config.Config) error {
	logger, err := newLogger(env, cfg)
	if err != nil {
		return err
	}
	// What rooms and libraries log by themselves passes the same mask.
	slog.SetDefault(logger)
	p, err := wire(ctx, cfg, logger, nil)
	if err != nil {
		return err
	}
	s, err := start(p)
	if err != nil {
		return errors.Join(err, p.close())
	}
	logger.Info("listening", "url", cfg.Server.BaseURL, "version", version)
	if cfg.Demo.Enabled {
		facts, err := seedDemo(ctx, s.platform, demoFile)
		switch {
		case err == nil:
			facts.print(env.stdout)
			s.tradeDay(ctx, facts)
		case ctx.Err() == nil: // else somebody ended us meanwhile, which is no failure
			return errors.Join(fmt.Errorf("seed the demo: %w", err), s.shutdown())
		}
	}
	return s.wait(ctx)
}

// openPlatform wires the platform for a command that serves nothing.
func openPlatform(ctx context.Context, env environment, cfg config.Config) (*platform, error) {
	logger, err := newLogger(env, cfg)
	if err != nil {
		return nil, err
	}
	cfg.Sandbox.URL, cfg.Sandbox.Enabled = cfg.SandboxURL(), false // a running server has it
	return wire(ctx, cfg, logger, nil)
}

func migrateCommand(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "migrate", config.Default(), args, nil)
	if err != nil {
		return err
	}
	d, err := openMigrated(ctx, db.Config{URL: cfg.Database.URL}, sql.Platform())
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "the database is at the newest version")
	return d.Close()
}

// sub runs the named sub-command of a command.
func sub(env environment, name string, args []string, table map[string]func(args []string) error) error {
	if len(args) > 0 {
		if f := table[args[0]]; f != nil {
			return f(args[1:])
		}
	}
	return fmt.Errorf("usage: see piaohao without a command; %s needs one of its sub-commands", name)
}

// printf writes to a command's output; a broken pipe is the reader's choice.
func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
