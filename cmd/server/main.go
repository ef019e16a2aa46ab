// Command server is the binary piaohao: the platform, its sandbox and its
// tools.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // bills are fetched by Beijing's clock, and an image may know no zones
)

// version is set by the build: -ldflags "-X main.version=…".
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], environment{os.Environ(), os.Stdout, os.Stderr}))
}

// environment is what a command meets outside of itself.
type environment struct {
	environ        []string
	stdout, stderr io.Writer
}

// command is one verb of the binary.
type command struct {
	name  string
	short string
	run   func(ctx context.Context, env environment, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "run the platform", serveCommand},
		{"demo", "run the platform with a demo merchant in test mode", demoCommand},
		{"migrate", "bring the database to the newest version and exit", migrateCommand},
		{"user", "user add --email E [--role platform_admin]: add a user and print the password once; reset-factors --email E: for who has lost their second factor", userCommand},
		{"audit", "audit verify [--heads FILE [--keep]]: check the audit chains, also against heads kept elsewhere", auditCommand},
		{"doctor", "say what an operator should know of this installation", doctorCommand},
		{"verify", "check the books' invariants over the whole database", verifyCommand},
		{"figures", "figures rebuild: count every payment again for the sums that the console shows", figuresCommand},
		{"reconcile", "reconcile run --date DAY [--merchant M] [--account A] | status: compare a day's bills with the books now; what has no result", reconcileCommand},
		{"keys", "keys list | add | promote | retire | delete: rotate the keyset in stages", keysCommand},
		{"provider", "provider add | update | list | enable | disable: the platform's service provider (服务商) accounts", providerCommand},
		{"sandbox", "sandbox --listen ADDR: run the simulator of both channels alone", sandboxCommand},
		{"bench", "measure this machine against the unavoidable work, in a temporary folder", benchCommand},
		{"version", "print the version", versionCommand},
	}
}

// run executes the command line and returns the exit code: 0 done, 1 failed, 2
// misused, 3 checked and found broken.
func run(ctx context.Context, args []string, env environment) int {
	if len(args) == 0 {
		usage(env.stderr)
		return 2
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, env, args[1:])
		switch {
		case err == nil:
			return 0
		case errors.Is(err, flag.ErrHelp):
			return 2
		}
		fmt.Fprintf(env.stderr, "piaohao %s: %v\n", c.name, err)
		var broken brokenChains
		if errors.As(err, &broken) {
			return exitBroken
		}
		return 1
	}
	fmt.Fprintf(env.stderr, "piaohao: unknown command %q\n\n", args[0])
	usage(env.stderr)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: piaohao COMMAND [--config FILE] [flags]")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.short)
	}
}

func versionCommand(_ context.Context, env environment, _ []string) error {
	_, err := fmt.Fprintln(env.stdout, version)
	return err
}
