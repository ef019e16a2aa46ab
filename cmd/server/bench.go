package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/piaohao/piaohao/bench"
)

// benchCommand measures this binary on this machine, in a temporary folder and
// on databases that must be empty: it leaves its orders in them.
func benchCommand(ctx context.Context, env environment, args []string) error {
	cfg := bench.Default()
	set := flag.NewFlagSet("piaohao bench", flag.ContinueOnError)
	set.SetOutput(env.stderr)
	set.StringVar(&cfg.Database, "database", "", "an empty `database`, such as mysql:USER:PASSWORD@tcp(HOST:3306)/bench (default SQLite)")
	set.StringVar(&cfg.Scratch, "scratch", "", "another empty `database` on the same server, for the floor")
	set.IntVar(&cfg.Clients, "clients", cfg.Clients, "requests under way at once")
	set.DurationVar(&cfg.Creating, "creating", cfg.Creating, "how long each round creates payments")
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return fmt.Errorf("flags: %w", err)
	case (cfg.Database == "") != (cfg.Scratch == ""):
		return errors.New("--database and --scratch go together")
	case cfg.Clients < 1:
		return errors.New("--clients must be at least 1")
	}
	var err error
	if cfg.Binary, err = os.Executable(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if cfg.Dir, err = os.MkdirTemp("", "piaohao-bench-"); err != nil {
		return err
	}
	return errors.Join(bench.Run(ctx, cfg, env.stdout), os.RemoveAll(cfg.Dir))
}
